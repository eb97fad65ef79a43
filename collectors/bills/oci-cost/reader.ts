export { readTable } from '../focus/reader.ts'

const NUMBERED = /^(?:reports_cost-csv_)?(\d{8,}(?:-\d+)?)\.csv(?:\.gz)?$/i

/**
 * Oracle writes a report every six hours and never again: a month is many files, each of which replaces only itself. A file of another
 * name is taken to be a whole month.
 */
export function reportNumber(file: string): string | undefined {
  return NUMBERED.exec(file)?.[1]
}

/** Plain columns for a terminal: numbers to the right. */
export function table(rows: readonly Record<string, string | number | null | undefined>[]): string {
  const names = Object.keys(rows[0] ?? {})
  if (names.length === 0) return 'nothing'
  const cell = (value: string | number | null | undefined) => (value === null || value === undefined ? '–' : String(value))
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => cell(row[name]).length)))
  const numeric = names.map((name) =>
    rows.every((row) => row[name] === null || row[name] === undefined || /^-?[\d.]+$/.test(cell(row[name]))),
  )
  const line = (cells: string[]) =>
    cells
      .map((text, i) => (numeric[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [line(names), ...rows.map((row) => line(names.map((name) => cell(row[name]))))].join('\n')
}

/** RFC 4180. */
export function csv(rows: readonly Record<string, unknown>[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cell = (value: unknown) => {
    const text = value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return [names.join(','), ...rows.map((row) => names.map((name) => cell(row[name])).join(','))].join('\r\n')
}

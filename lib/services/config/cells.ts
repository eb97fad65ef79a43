// Typed cells of the small CSV files of the configuration; every complaint names file, line and column.
import { type Money, parseAmount } from '#lib/domain/money.ts'
import { dayOf, isDay, parseInstant } from '#lib/domain/time.ts'
import { Failure } from '#lib/errors.ts'

/** One row of a configuration table, as text; empty cells are absent. */
export class TableRow {
  readonly file: string
  readonly line: number
  readonly cells: Readonly<Record<string, string>>
  constructor(file: string, line: number, cells: Record<string, string>) {
    this.file = file
    this.line = line
    this.cells = cells
  }

  fault(column: string, message: string, remedy: string): Failure {
    return new Failure('usage', 'config_bad_value', `${column}: ${message}`, {
      place: { file: this.file, line: this.line, column },
      remedy,
    })
  }

  text(column: string): string | undefined {
    const value = this.cells[column]?.trim()
    return value === '' ? undefined : value
  }

  required(column: string): string {
    const value = this.text(column)
    if (value === undefined) throw this.fault(column, 'is empty', 'fill it in')
    return value
  }

  oneOf<T extends string>(column: string, values: readonly T[]): T {
    const value = this.required(column)
    if (!(values as readonly string[]).includes(value))
      throw this.fault(column, `\`${value}\` is unknown`, `use one of ${values.join(', ')}`)
    return value as T
  }

  amount(column: string): Money | undefined {
    const value = this.text(column)
    if (value === undefined) return undefined
    const amount = parseAmount(value)
    if (!amount) throw this.fault(column, `\`${value}\` is not a decimal number`, 'write digits with a decimal point and no grouping')
    return amount
  }

  requiredAmount(column: string): Money {
    const amount = this.amount(column)
    if (!amount) throw this.fault(column, 'is empty', 'fill in a decimal number')
    return amount
  }

  /** A UTC day. */
  day(column: string): string {
    const value = this.required(column)
    if (!isDay(value)) throw this.fault(column, `\`${value}\` is not a date`, 'write YYYY-MM-DD')
    return value
  }

  /** A whole number, or undefined. */
  integer(column: string): number | undefined {
    const value = this.text(column)
    if (value === undefined) return undefined
    if (!/^-?\d{1,9}$/.test(value)) throw this.fault(column, `\`${value}\` is not a whole number`, 'write digits only')
    return Number(value)
  }

  /** An instant or a day (its first moment, UTC); undefined when empty. */
  instant(column: string): Date | undefined {
    const value = this.text(column)
    if (value === undefined) return undefined
    const ms = parseInstant(value)
    if (ms === undefined)
      throw this.fault(column, `\`${value}\` is not an instant`, 'write ISO 8601, such as 2026-03-01 or 2026-03-01T08:00:00Z')
    return new Date(ms)
  }

  boolean(column: string, otherwise: boolean): boolean {
    const value = this.text(column)?.toLowerCase()
    if (value === undefined) return otherwise
    if (['true', 'yes', '1'].includes(value)) return true
    if (['false', 'no', '0'].includes(value)) return false
    throw this.fault(column, `\`${value}\` is neither true nor false`, 'write true or false')
  }

  /** Dates separated by `;`. */
  days(column: string): string[] {
    return (this.text(column) ?? '')
      .split(/[;|\s]+/)
      .filter(Boolean)
      .map((value) => {
        if (!isDay(value)) throw this.fault(column, `\`${value}\` is not a date`, 'write dates as YYYY-MM-DD separated by `;`')
        return dayOf(Date.parse(`${value}T00:00:00Z`))
      })
  }
}

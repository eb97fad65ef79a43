import { sumMoney } from '#lib/domain/money.ts'
import { amount, shown } from '#lib/services/report/amounts.ts'
import type { ExceptionRow, ExceptionsReport } from '#lib/services/report/exceptions.ts'
import type { ExceptionView } from './types.ts'

const total = (rows: readonly ExceptionRow[], of: (row: ExceptionRow) => string | null): string | null => {
  const known = rows.flatMap((row) => of(row) ?? [])
  return known.length === 0 ? null : shown(sumMoney(known.map(amount)))
}

function summary(rows: readonly ExceptionRow[]): ExceptionView {
  const [first, ...more] = rows as [ExceptionRow, ...ExceptionRow[]]
  return {
    kind: first.kind,
    count: rows.length,
    subject: more.length === 0 ? first.subject : `${first.subject} and ${more.length} more`,
    amount: total(rows, (row) => row.amount),
    currency: first.currency,
    quantity: total(rows, (row) => row.quantity),
    unit: first.unit,
    since: rows.map((row) => row.since).sort()[0]!,
    suggestion: first.suggestion,
    id: more.length === 0 ? first.id : null,
  }
}

/** One line a kind (and currency), in the order of the report. */
export const exceptionsOf = ({ rows }: ExceptionsReport): ExceptionView[] =>
  [...Map.groupBy(rows, (row) => `${row.kind} ${row.currency ?? ''} ${row.unit ?? ''}`).values()].map(summary)

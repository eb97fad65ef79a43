import type pg from 'pg'
import { type Actor, authorise } from './actor.ts'
import { BATCH_INVARIANTS } from './check/batches.ts'
import { BILLS_BY_DAY, CAPACITY_BY_DAY, checkDays, INVOICE_INVARIANT } from './check/conservation.ts'
import type { Invariant } from './check/invariant.ts'
import { LEDGER_INVARIANTS } from './check/ledger.ts'
import { VERSION_INVARIANTS } from './check/versions.ts'
import type { ServiceContext } from './context.ts'

/** How many violations of one invariant are listed; the last line says how many more there are. */
const LISTED = 20

export type Violation = { code: string; message: string; detail: Record<string, string> }
export type CheckReport = {
  violations: Violation[]
  /** `waiting`: days and steps that wait to be reconciled, which the comparisons by day leave out. */
  checked: { invariants: number; batches: number; billDays: number; capacityDays: number; ledgerDays: number; waiting: number }
}

const sentence = (detail: Record<string, string>) =>
  Object.entries(detail)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)
    .join(', ')

async function violationsOf(client: pg.ClientBase, { code, says, sql }: Invariant): Promise<Violation[]> {
  const { rows } = await client.query<{ detail: Record<string, string | null>; violations: string }>(
    `SELECT (SELECT json_object_agg(key, value) FROM json_each_text(row_to_json(found))) AS detail, count(*) OVER () AS violations
     FROM (${sql}) found LIMIT ${LISTED}`,
  )
  const listed = rows.map((row): Violation => {
    const detail = Object.fromEntries(Object.entries(row.detail).map(([name, value]) => [name, value ?? 'none']))
    return { code, message: `${says}: ${sentence(detail)}`, detail }
  })
  const more = Number(rows[0]?.violations ?? 0) - listed.length
  return more > 0 ? [...listed, { code, message: `${says}: ${more} more`, detail: { more: String(more) } }] : listed
}

/** Every invariant on the whole store, in one snapshot, so that what runs meanwhile raises no false alarm. Changes nothing. */
export async function check(actor: Actor, context: ServiceContext): Promise<CheckReport> {
  authorise(actor, 'read')
  const client = await context.db.pool.connect()
  const violations: Violation[] = []
  let invariants = 0
  const find = async (invariant: Invariant) => {
    violations.push(...(await violationsOf(client, invariant)))
  }
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    for (const invariant of [...BATCH_INVARIANTS, ...VERSION_INVARIANTS, ...LEDGER_INVARIANTS, INVOICE_INVARIANT]) {
      await find(invariant)
      invariants++
    }
    const billDays = await checkDays(client, BILLS_BY_DAY, 'bills', find)
    const capacityDays = await checkDays(client, CAPACITY_BY_DAY, 'capacity', find)
    const { rows } = await client.query<{ batches: number; ledger_days: number; waiting: number }>(
      `SELECT (SELECT count(*)::int FROM batch) AS batches, (SELECT count(DISTINCT day)::int FROM ledger_day) AS ledger_days,
              (SELECT count(*)::int FROM dirty_day WHERE version > done) AS waiting`,
    )
    const counts = rows[0]!
    return {
      violations,
      checked: {
        invariants: invariants + 2,
        batches: counts.batches,
        billDays,
        capacityDays,
        ledgerDays: counts.ledger_days,
        waiting: counts.waiting,
      },
    }
  } finally {
    await client.query('ROLLBACK').then(
      () => client.release(),
      () => client.release(true),
    )
  }
}

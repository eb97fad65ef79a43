// Exceptions that small tables beside the ledger show: rejected rows, held deliveries, silent nodes, roles without a rate.
import type { ServiceContext } from '#lib/services/context.ts'
import type { Period } from './amounts.ts'
import type { FoundException } from './exceptions.ts'

type Find = (context: ServiceContext, period: Period) => Promise<FoundException[]>

const quarantined: Find = async (context, { from, to }) => {
  const { rows } = await context.db.pool.query<{
    source: string
    reason: string
    currency: string | null
    n: string
    billed: string | null
    since: string
  }>(
    `SELECT coalesce(s.name, 'source ' || q.source_id) AS source, q.reason, q.currency, count(*) AS n, trim_scale(sum(q.billed)) AS billed,
            min(coalesce(b.period, (b.arrived_at AT TIME ZONE 'UTC')::date))::text AS since
     FROM quarantine q JOIN batch b ON b.seq = q.batch_seq LEFT JOIN source s ON s.source_id = q.source_id
     WHERE q.to_seq IS NULL AND b.status <> 'superseded'
       AND coalesce(b.period, (b.arrived_at AT TIME ZONE 'UTC')::date) < $2::date
       AND coalesce((b.period + interval '1 month')::date, (b.arrived_at AT TIME ZONE 'UTC')::date + 1) > $1::date
     GROUP BY 1, 2, 3`,
    [from, to],
  )
  return rows.map((row) => ({
    id: null,
    kind: 'quarantined_rows',
    subject: `${row.source}: ${row.reason}`,
    amount: row.billed,
    currency: row.currency,
    quantity: row.n,
    unit: 'rows',
    since: row.since,
    suggestion: 'mend the rows at the file and line named under sources, and import the file again',
  }))
}

const waiting: Find = async (context, { to }) => {
  const { rows } = await context.db.pool.query<{ source: string; key: string; since: string }>(
    `SELECT coalesce(s.name, 'source ' || b.source_id) AS source, b.replacement_key AS key, min((b.arrived_at AT TIME ZONE 'UTC')::date)::text AS since
     FROM batch b LEFT JOIN source s ON s.source_id = b.source_id
     WHERE b.status = 'waiting' AND (b.arrived_at AT TIME ZONE 'UTC')::date < $1::date GROUP BY 1, 2`,
    [to],
  )
  return rows.map((row) => ({
    id: null,
    kind: 'delivery_waiting',
    subject: `${row.source} ${row.key}`,
    amount: null,
    currency: null,
    quantity: null,
    unit: null,
    since: row.since,
    suggestion: 'the delivery would lose more than a fifth of its rows or money: confirm it, or deliver it whole',
  }))
}

/** Nodes all of whose billed GPU-minutes of a day were dark. */
const billedUnseen: Find = async (context, { from, to }) => {
  const { rows } = await context.db.pool.query<{ node: string; days: string; amount: string | null; since: string }>(
    `SELECT k.item AS node, trim_scale(sum(d.quantity)) AS days, trim_scale(sum(d.effective_rc)) AS amount, min(d.day)::text AS since
     FROM ledger_day d JOIN ledger_key k USING (key_id)
     WHERE d.day >= $1 AND d.day < $2 AND k.measure = 'billed_unseen' GROUP BY k.item`,
    [from, to],
  )
  return rows.map((row) => ({
    id: null,
    kind: 'billed_unseen',
    subject: row.node,
    amount: row.amount,
    currency: context.currency,
    quantity: row.days,
    unit: 'days',
    since: row.since,
    suggestion: 'add the node to a telemetry source, map its names in nodes.csv, or stop paying for it',
  }))
}

/** Labour without a price, by role or rotation, because persons are nobody's business here. */
const withoutRate: Find = async (context, { from, to }) => {
  const { rows } = await context.db.pool.query<{ rotation: string | null; role: string; seconds: string; since: string }>(
    `SELECT CASE WHEN k.item LIKE 'standby/%' THEN substr(k.item, 9) END AS rotation,
            CASE WHEN k.item LIKE 'standby/%' THEN '' ELSE coalesce(p.role, '') END AS role,
            trim_scale(sum(d.quantity)) AS seconds, min(d.day)::text AS since
     FROM ledger_day d JOIN ledger_key k USING (key_id) LEFT JOIN person p ON p.person = k.person
     WHERE d.day >= $1 AND d.day < $2 AND k.measure = 'unpriced_time' GROUP BY 1, 2`,
    [from, to],
  )
  return rows.map((row) => ({
    id: null,
    kind: 'role_without_rate',
    subject: row.rotation !== null ? `rotation ${row.rotation}` : row.role === '' ? 'persons without a role' : `role ${row.role}`,
    amount: null,
    currency: null,
    quantity: row.seconds,
    unit: 'seconds',
    since: row.since,
    suggestion:
      row.rotation !== null
        ? 'add the rotation to standby.csv'
        : row.role === ''
          ? 'add the persons with their role to people.csv'
          : 'add a rate for the role to rates.csv',
  }))
}

export const STORE_EXCEPTIONS: readonly Find[] = [quarantined, waiting, billedUnseen, withoutRate]

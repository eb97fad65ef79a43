// The journal, the days, the months and the node-days say the same.
import { AMOUNTS, differs, type Invariant } from './invariant.ts'

const sums = AMOUNTS.map((amount) => `sum(${amount}) AS ${amount}`).join(', ')
const clean = (day: string, step: string) =>
  `NOT EXISTS (SELECT 1 FROM dirty_day w WHERE w.day = ${day} AND w.step = '${step}' AND w.version > w.done)`

export const LEDGER_INVARIANTS: readonly Invariant[] = [
  {
    code: 'journal',
    says: 'a day of the ledger is not the sum of its journal entries',
    sql: `WITH journal AS (SELECT day, key_id, ${sums} FROM ledger_entry GROUP BY 1, 2)
      SELECT coalesce(d.day, j.day)::text AS day, coalesce(d.key_id, j.key_id) AS key, d.billed, j.billed AS journal_billed,
             d.effective, j.effective AS journal_effective, d.quantity, j.quantity AS journal_quantity
      FROM ledger_day d FULL JOIN journal j ON j.day = d.day AND j.key_id = d.key_id WHERE ${differs('d', 'j')}`,
  },
  {
    code: 'months',
    says: 'a month of the ledger is not the sum of its days',
    sql: `WITH days AS (SELECT date_trunc('month', day::timestamp)::date AS month, key_id, ${sums} FROM ledger_day GROUP BY 1, 2)
      SELECT coalesce(m.month, d.month)::text AS month, coalesce(m.key_id, d.key_id) AS key, m.billed, d.billed AS days_billed,
             m.effective, d.effective AS days_effective, m.quantity, d.quantity AS days_quantity
      FROM ledger_month m FULL JOIN days d ON d.month = m.month AND d.key_id = m.key_id WHERE ${differs('m', 'd')}`,
  },
  {
    code: 'entry_without_run',
    says: 'a journal entry of no run',
    sql: `SELECT e.run_id AS run, count(*) AS entries FROM ledger_entry e LEFT JOIN run r ON r.run_id = e.run_id WHERE r.run_id IS NULL GROUP BY 1`,
  },
  {
    code: 'run_entries',
    says: 'a run that counted other entries than it appended',
    sql: `SELECT r.run_id AS run, r.entries AS counted, coalesce(e.entries, 0) AS appended
      FROM run r LEFT JOIN (SELECT run_id, count(*) AS entries FROM ledger_entry GROUP BY 1) e ON e.run_id = r.run_id
      WHERE r.entries <> coalesce(e.entries, 0)`,
  },
  {
    code: 'gpu_minutes',
    says: 'the GPU-minutes of a node-day are not its GPUs × billed minutes',
    sql: `WITH billed AS (
        SELECT node_id, day, sum(minutes_in(mask)) AS minutes FROM (
          SELECT c.node_id, c.day, h.hour, bit_or(h.mask) AS mask
          FROM node_day_cost c CROSS JOIN LATERAL unnest(c.billed_mask) WITH ORDINALITY AS h(mask, hour) GROUP BY 1, 2, 3) hours
        GROUP BY 1, 2), states AS (
        SELECT node_id, day, max(gpus) AS gpus, sum(gpu_minutes) AS gpu_minutes FROM node_day GROUP BY 1, 2)
      SELECT coalesce(n.name, s.node_id::text) AS node, s.day::text AS day, s.gpus, b.minutes AS billed_minutes, s.gpu_minutes
      FROM states s FULL JOIN billed b ON b.node_id = s.node_id AND b.day = s.day
      LEFT JOIN node n ON n.node_id = coalesce(s.node_id, b.node_id)
      WHERE s.gpus * b.minutes <> s.gpu_minutes OR s.node_id IS NULL OR b.node_id IS NULL`,
  },
  {
    code: 'node_days',
    says: 'the ledger’s GPU-minutes by state are not those of the node-days',
    sql: `WITH posted AS (
        SELECT d.day, k.item AS state, sum(d.quantity) AS minutes FROM ledger_day d JOIN ledger_key k USING (key_id)
        WHERE k.step = 'capacity' AND k.measure = 'gpu_minutes' GROUP BY 1, 2), nodes AS (
        SELECT day, state, sum(gpu_minutes) AS minutes FROM node_day GROUP BY 1, 2)
      SELECT coalesce(p.day, n.day)::text AS day, coalesce(p.state, n.state) AS state, p.minutes AS ledger, n.minutes AS node_days
      FROM posted p FULL JOIN nodes n ON n.day = p.day AND n.state = p.state
      WHERE coalesce(p.minutes, 0) <> coalesce(n.minutes, 0) AND ${clean('coalesce(p.day, n.day)', 'capacity')}`,
  },
  {
    code: 'node_cost',
    says: 'a node-day’s money by state is not its cost',
    sql: `WITH cost AS (SELECT node_id, day, count(DISTINCT currency) AS currencies, sum(billed) AS billed, sum(effective) AS effective FROM node_day_cost GROUP BY 1, 2),
        states AS (SELECT node_id, day, sum(billed) AS billed, sum(effective) AS effective FROM node_day GROUP BY 1, 2)
      SELECT coalesce(n.name, c.node_id::text) AS node, c.day::text AS day, c.billed, s.billed AS states_billed, c.effective, s.effective AS states_effective
      FROM cost c LEFT JOIN states s ON s.node_id = c.node_id AND s.day = c.day LEFT JOIN node n ON n.node_id = c.node_id
      WHERE c.currencies = 1 AND (${differs('c', 's', ['billed', 'effective'])})`,
  },
]

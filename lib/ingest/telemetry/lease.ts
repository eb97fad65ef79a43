// One writer a shard. The epoch fences: a transaction of a holder that was replaced finds another epoch and is rolled back.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type pg from 'pg'
import { Failure } from '#lib/errors.ts'

export const LEASE_MS = 60_000
export type Lease = { name: string; epoch: string }

/** This process: the token tells it from an earlier one with the same id, as in containers. */
const HOLDER = `${hostname()}:${process.pid}:${randomUUID()}`
/** What this process holds: its own loops do not take leases from each other. */
const held = new Set<string>()

/** True for a process of this machine that no longer lives. */
function isDead(holder: string): boolean {
  const [, host, pid] = /^(.*):(\d+):[^:]*$/.exec(holder) ?? []
  if (host !== hostname() || holder === HOLDER) return false
  if (Number(pid) === process.pid) return true
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Takes the lease, or tells who holds it. An expired one, or one of a process of this machine that died, is taken over. */
export async function acquireLease(pool: pg.Pool, name: string, now: Date): Promise<Lease | { heldBy: string }> {
  if (held.has(name)) return { heldBy: HOLDER }
  const expires = new Date(now.getTime() + LEASE_MS)
  const current = await pool.query<{ holder: string }>('SELECT holder FROM lease WHERE name = $1', [name])
  const dead = current.rows[0] && isDead(current.rows[0].holder) ? current.rows[0].holder : ''
  const { rows } = await pool.query<{ epoch: string }>(
    `INSERT INTO lease (name, holder, epoch, expires_at) VALUES ($1, $2, 1, $3)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = lease.epoch + 1, expires_at = excluded.expires_at
     WHERE lease.expires_at < $4 OR lease.holder IN ($2, $5) RETURNING epoch`,
    [name, HOLDER, expires, now, dead],
  )
  if (!rows[0]) return { heldBy: current.rows[0]?.holder ?? 'another process' }
  held.add(name)
  return { name, epoch: rows[0].epoch }
}

/** Renews the lease in the transaction that writes, and holds its row until it commits. Throws `unavailable` when it was lost. */
export async function fence(client: pg.ClientBase, lease: Lease, now: Date): Promise<void> {
  const { rowCount } = await client.query('UPDATE lease SET expires_at = $3 WHERE name = $1 AND epoch = $2', [
    lease.name,
    lease.epoch,
    new Date(now.getTime() + LEASE_MS),
  ])
  if (rowCount) return
  held.delete(lease.name)
  throw new Failure('unavailable', 'lease_lost', `another process took over ${lease.name}`)
}

export async function renewLeases(pool: pg.Pool, leases: readonly Lease[], now: Date): Promise<void> {
  await pool.query(
    `UPDATE lease SET expires_at = $3 FROM unnest($1::text[], $2::bigint[]) AS held (held_name, held_epoch)
     WHERE name = held_name AND epoch = held_epoch`,
    [leases.map((lease) => lease.name), leases.map((lease) => lease.epoch), new Date(now.getTime() + LEASE_MS)],
  )
}

export async function releaseLease(pool: pg.Pool, lease: Lease): Promise<void> {
  held.delete(lease.name)
  await pool.query("UPDATE lease SET expires_at = '-infinity' WHERE name = $1 AND epoch = $2", [lease.name, lease.epoch])
}

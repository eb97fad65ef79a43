// How far a kept history has been read, beside the open hours of its instances.
import type pg from 'pg'
import { transaction } from '#lib/store/transaction.ts'

/** Milliseconds; null before the first reading was finished. */
export async function loadPosition(pool: pg.Pool, sourceId: number, shard: string): Promise<number | null> {
  const { rows } = await pool.query<{ state: Buffer }>('SELECT state FROM open_hour WHERE source_id = $1 AND shard = $2', [sourceId, shard])
  const read = rows[0] ? Number(rows[0].state.toString()) : Number.NaN
  return Number.isFinite(read) ? read : null
}

export async function savePosition(pool: pg.Pool, sourceId: number, shard: string, positionMs: number, now: Date): Promise<void> {
  await pool.query(
    `INSERT INTO open_hour (source_id, shard, state, updated_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (source_id, shard) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at`,
    [sourceId, shard, Buffer.from(String(positionMs)), now],
  )
}

/** A replay is over: its open hours take the place of the living ones, or are let go. `names` pairs replayed and living shards. */
export async function closeReplay(
  pool: pg.Pool,
  sourceId: number,
  names: readonly { replayed: string; living: string }[],
  adopt: boolean,
): Promise<void> {
  const replayed = names.map((one) => one.replayed)
  const living = names.map((one) => one.living)
  await transaction(pool, async (client) => {
    if (adopt) {
      await client.query(
        `DELETE FROM open_hour o USING unnest($2::text[], $3::text[]) AS n (replayed, living)
         WHERE o.source_id = $1 AND o.shard = n.living
           AND EXISTS (SELECT 1 FROM open_hour r WHERE r.source_id = $1 AND r.shard = n.replayed)`,
        [sourceId, replayed, living],
      )
      await client.query(
        `UPDATE open_hour o SET shard = n.living FROM unnest($2::text[], $3::text[]) AS n (replayed, living)
         WHERE o.source_id = $1 AND o.shard = n.replayed`,
        [sourceId, replayed, living],
      )
    } else await client.query('DELETE FROM open_hour WHERE source_id = $1 AND shard = ANY ($2)', [sourceId, replayed])
  })
}

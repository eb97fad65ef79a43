import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { ulid } from '#lib/domain/id.ts'
import type { DeliveredFile } from './contract.ts'

export type NewDelivery = {
  sourceId: number
  file: DeliveredFile
  landingPath: string
  now: Date
  detail: Record<string, unknown>
  /** A delivery that is read again keeps its id. */
  deliveryId: string | null
}

/** Records what arrived, in the transaction of its facts; returns the delivery's id. */
export async function recordDelivery(client: pg.ClientBase, delivery: NewDelivery): Promise<string> {
  const { sourceId, file, landingPath, now, detail } = delivery
  if (delivery.deliveryId) {
    await client.query('UPDATE delivery SET detail = $2 WHERE delivery_id = $1', [delivery.deliveryId, detail])
    return delivery.deliveryId
  }
  const id = ulid(now.getTime(), randomBytes(16))
  await client.query(
    `INSERT INTO delivery (delivery_id, source_id, arrived_at, file_name, sha256, bytes, landing_path, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, sourceId, now, file.name, file.sha256, file.bytes, landingPath, detail],
  )
  return id
}

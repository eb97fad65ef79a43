import type pg from 'pg'
import { Failure } from '#lib/errors.ts'
import type { BatchDraft } from './draft.ts'
import type { BillImport } from './job.ts'

type Twin = { source: string; account: string; period: string; dialect: string }

/**
 * A bill that is current by another export (of this source or of another of its kind) would count twice: the file is refused, and what is
 * current stays. Does nothing for readings that do not name their export.
 */
export async function refuseTwins(client: pg.ClientBase, job: BillImport, drafts: readonly BatchDraft[]): Promise<void> {
  const { export: own } = job.reading
  if (!own || job.again) return
  const { rows } = await client.query<Twin>(
    `SELECT s.name AS source, b.billing_account AS account, left(b.period::text, 7) AS period, b.dialect
     FROM batch b JOIN source s USING (source_id)
       JOIN unnest($1::text[], $2::date[], $3::text[]) AS mine(account, period, key)
         ON mine.account = b.billing_account AND mine.period = b.period
     WHERE b.kind = $4 AND b.status IN ('provisional', 'final') AND (b.source_id = $5 OR mine.account <> '')
       AND NOT (b.source_id = $5 AND (b.replacement_key = mine.key OR split_part(b.replacement_key, ' #', 2) LIKE ANY ($6::text[])))
     ORDER BY b.seq LIMIT 1`,
    [
      drafts.map(({ account }) => account),
      drafts.map(({ period }) => period),
      drafts.map(({ key }) => key),
      job.source.kind,
      job.source.sourceId,
      own.beside,
    ],
  )
  const twin = rows[0]
  if (!twin) return
  throw new Failure(
    'refused',
    'counted_twice',
    `the bill of account ${twin.account} for ${twin.period} is already here from the source ${twin.source} (${twin.dialect}): with this file it would count twice`,
    { place: { source: job.source.name, file: job.file.name }, remedy: remedyOf(twin, job) },
  )
}

const remedyOf = ({ source }: Twin, job: BillImport): string =>
  source === job.source.name
    ? 'deliver one export of a bill to a source; for Azure’s actual and amortized exports together, set view: both'
    : `deliver each bill to one source: ${source} or ${job.source.name}`

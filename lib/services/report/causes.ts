// Why a day was reconciled anew, as people say it: from the texts that writers of facts and settings leave (lib/store/dirty.ts).
import type pg from 'pg'
import { CAUSES } from '#lib/store/dirty.ts'

/**
 * `delivery`: a bill, time or incidents arrived or were restated; `rules`: they were placed anew; `setting`: a rate, price, name or the
 * like changed; `telemetry`: it was collected; `recomputed`: asked for, or time passed.
 */
export type CauseKind = 'delivery' | 'rules' | 'setting' | 'telemetry' | 'recomputed'
/** `batch` is named where one brought it. */
export type Cause = { kind: CauseKind; what: string; batch: string | null }

type Batch = { batch: string; source: string; kind: string; period: string | null; account: string; version: number; file: string | null }

const BATCH = /\b[0-9A-HJKMNP-TV-Z]{26}\b/
const RULES: ReadonlySet<string> = new Set(['layers', 'rule_pack', 'rules of time entries'])

/** What is not over yet costs more each day (lib/ingest/people/days.ts). */
const TIME_PASSED = 'open incidents and shifts'

/** Reads all the texts at once; the function then answers each. */
export async function readCauses(pool: pg.Pool, texts: readonly string[]): Promise<(text: string) => Cause[]> {
  const ids = new Set(texts.flatMap((text) => text.split(CAUSES).flatMap((one) => BATCH.exec(one)?.[0] ?? [])))
  const { rows } =
    ids.size === 0
      ? { rows: [] }
      : await pool.query<Batch>(
          `SELECT b.batch_id AS batch, coalesce(s.name, 'source ' || b.source_id) AS source, b.kind, left(b.period::text, 7) AS period,
            b.billing_account AS account, b.version, d.file_name AS file
     FROM batch b LEFT JOIN source s ON s.source_id = b.source_id LEFT JOIN delivery d ON d.delivery_id = b.delivery_id
     WHERE b.batch_id = ANY ($1)`,
          [[...ids]],
        )
  const batches = new Map(rows.map((row) => [row.batch, row]))
  return (text) => text.split(CAUSES).map((one) => causeOf(one, batches))
}

function causeOf(text: string, batches: ReadonlyMap<string, Batch>): Cause {
  if (text === '') return { kind: 'recomputed', what: 'recomputed', batch: null }
  const batch = batches.get(BATCH.exec(text)?.[0] ?? '')
  if (batch) {
    const kind = text.startsWith('rules ') ? 'rules' : 'delivery'
    return { kind, what: `${kind === 'rules' ? 'rules, on ' : ''}${described(batch)}`, batch: batch.batch }
  }
  if (RULES.has(text)) return { kind: 'rules', what: text === 'rule_pack' ? 'rule pack' : text === 'layers' ? 'rules' : text, batch: null }
  if (text === TIME_PASSED) return { kind: 'recomputed', what: text, batch: null }
  const [verb, ...rest] = text.split(' ')
  if (verb === 'import' || verb === 'collect') return { kind: 'delivery', what: rest.join(' '), batch: null }
  if (verb === 'scrape') return { kind: 'telemetry', what: rest.join(' '), batch: null }
  return { kind: 'setting', what: text, batch: null }
}

const described = ({ source, period, account, version, file }: Batch): string =>
  [source, period, account, `version ${version}`, file && `(${file})`].filter(Boolean).join(' ')

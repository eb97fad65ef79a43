import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { Failure } from '#lib/errors.ts'
import { copyText } from '#lib/store/copy.ts'
import { readSections, type Section, writeSections } from '#lib/store/frames.ts'
import { allPartitions, allTables, migrationNames, type Partition, resetSequences, type TableShape } from '#lib/store/tables.ts'
import { transaction } from '#lib/store/transaction.ts'
import { type Actor, authorise } from './actor.ts'
import type { ServiceContext } from './context.ts'

const FORMAT = 'denominator-backup-1'

type Head =
  | { kind: 'manifest'; format: string; takenAt: string; migrations: string[]; partitions: Partition[] }
  | ({ kind: 'table' } & TableShape)
  | { kind: 'file'; path: string }
  | { kind: 'end'; tables: number; files: number }

export type BackupResult = { file: string; bytes: number; tables: number; files: number; takenAt: string }
export type RestoreResult = { tables: number; rows: number; files: number; takenAt: string }

async function* nothing(): AsyncGenerator<Buffer> {}

/** Everything in one snapshot: every table, then every delivered file that the snapshot knows. */
async function* sectionsOf(
  client: pg.ClientBase,
  context: ServiceContext,
  counts: { tables: number; files: number },
): AsyncGenerator<Section<Head>> {
  const takenAt = context.now.toISOString()
  const [migrations, partitions, tables] = [await migrationNames(client), await allPartitions(client), await allTables(client)]
  yield { head: { kind: 'manifest', format: FORMAT, takenAt, migrations, partitions }, chunks: nothing() }
  for (const { table, columns } of tables) {
    const list = columns.map((column) => `"${column}"`).join(', ')
    counts.tables++
    yield { head: { kind: 'table', table, columns }, chunks: client.query(copyTo(`COPY (SELECT ${list} FROM "${table}") TO STDOUT`)) }
  }
  const { rows } = await client.query('SELECT DISTINCT landing_path FROM delivery ORDER BY 1')
  for (const { landing_path } of rows) {
    counts.files++
    yield { head: { kind: 'file', path: landing_path }, chunks: fs.createReadStream(path.join(context.dataDir, landing_path)) }
  }
  yield { head: { kind: 'end', ...counts }, chunks: nothing() }
}

/** Writes a consistent backup of the store and the landing store to one file. The file appears only when it is whole. */
export async function backup(actor: Actor, context: ServiceContext, params: { file: string }): Promise<BackupResult> {
  authorise(actor, 'administer')
  const file = path.resolve(params.file)
  const draft = `${file}.part`
  const counts = { tables: 0, files: 0 }
  const client = await context.db.pool.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await pipeline(
      Readable.from(writeSections(sectionsOf(client, context, counts))),
      createGzip({ level: 4 }),
      fs.createWriteStream(draft, { mode: 0o600 }),
    )
    await client.query('COMMIT')
    fs.renameSync(draft, file)
  } finally {
    client.release(true)
    fs.rmSync(draft, { force: true })
  }
  return { file, bytes: fs.statSync(file).size, ...counts, takenAt: context.now.toISOString() }
}

/**
 * Puts a backup in the place of what is stored, in one transaction. A store that holds deliveries already is only replaced when
 * `confirm` is given. Throws `refused` for a file that is no backup, not whole, or of another version.
 */
export async function restore(actor: Actor, context: ServiceContext, params: { file: string; confirm?: boolean }): Promise<RestoreResult> {
  authorise(actor, 'administer')
  const file = path.resolve(params.file)
  const { rows: any } = await context.db.pool.query('SELECT EXISTS (SELECT 1 FROM batch) AS some')
  if (any[0].some && !params.confirm)
    throw new Failure('refused', 'store_not_empty', 'the store holds deliveries already; restoring replaces them all', {
      remedy: 'say --yes, or use an empty data folder',
    })
  if (!fs.existsSync(file))
    throw new Failure('usage', 'no_backup', 'there is no such file', { place: { file }, remedy: 'name the backup file' })
  const compressed = fs.createReadStream(file)
  const source = createGunzip()
  // Whoever reads hears of a fault; one that comes after the reading has stopped is of no interest, but must not end the process.
  source.on('error', () => {})
  compressed.on('error', (error) => source.destroy(error))
  compressed.pipe(source)
  try {
    return await transaction(context.db.pool, (client) => load(client, context, file, source))
  } finally {
    compressed.destroy()
    source.destroy()
  }
}

async function load(client: pg.PoolClient, context: ServiceContext, file: string, source: AsyncIterable<Buffer>): Promise<RestoreResult> {
  const result: RestoreResult = { tables: 0, rows: 0, files: 0, takenAt: '' }
  let whole = false
  const refuse = (why: string, remedy: string) => new Failure('refused', 'no_backup', why, { place: { file }, remedy })
  try {
    for await (const { head, chunks } of readSections<Head>(source)) {
      switch (head.kind) {
        case 'manifest':
          if (head.format !== FORMAT) throw refuse('this is no backup that this build can read', 'restore it with the build that made it')
          result.takenAt = head.takenAt
          await prepare(client, head)
          break
        case 'table':
          result.tables++
          result.rows += await copyText(
            client,
            `"${head.table}"`,
            head.columns.map((column) => `"${column}"`),
            chunks,
          )
          break
        case 'file':
          result.files++
          await keepFile(context.dataDir, head.path, chunks)
          break
        case 'end':
          whole = head.tables === result.tables && head.files === result.files
          break
        default:
          throw refuse('this is no backup that this build can read', 'restore it with the build that made it')
      }
    }
  } catch (error) {
    if (error instanceof Failure || !['Z_DATA_ERROR', 'Z_BUF_ERROR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    throw refuse('the file is no backup, or is damaged', 'take another backup')
  }
  if (!whole) throw refuse('the backup is not whole', 'take another backup')
  await resetSequences(client)
  return result
}

async function prepare(client: pg.ClientBase, manifest: Extract<Head, { kind: 'manifest' }>): Promise<void> {
  const own = await migrationNames(client)
  if (JSON.stringify(own) !== JSON.stringify(manifest.migrations))
    throw new Failure('refused', 'backup_other_version', 'the backup was made by another version of the schema', {
      remedy: 'restore it with the build that made it, then start this one',
    })
  for (const { parent, name, bound } of manifest.partitions)
    await client.query(`CREATE TABLE IF NOT EXISTS "${name}" PARTITION OF "${parent}" ${bound}`)
  const tables = await allTables(client)
  await client.query(`TRUNCATE ${tables.map(({ table }) => `"${table}"`).join(', ')} CASCADE`)
}

/** Files are named by their content: one that is there already is the same. A path that leads out of the data folder is refused. */
async function keepFile(dataDir: string, relative: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const target = path.resolve(dataDir, relative)
  if (!target.startsWith(path.resolve(dataDir) + path.sep))
    throw new Failure('refused', 'no_backup', `the backup names a file outside the data folder: ${relative}`)
  if (fs.existsSync(target)) return
  fs.mkdirSync(path.dirname(target), { recursive: true })
  await pipeline(Readable.from(chunks), fs.createWriteStream(`${target}.part`))
  fs.renameSync(`${target}.part`, target)
}

// Parquet by DuckDB, locked down before it touches a user's file (every value as text, every digit kept).
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Failure, messageOf } from '#lib/errors.ts'
import { ownFolder } from './landing.ts'

/** Rows that came together; `lines[i]` is the number of row i, from 1. A null is an empty text. */
export type ParquetBatch = { cells: string[][]; lines: number[] }
export type ParquetTable = { header: string[]; batches: AsyncIterable<ParquetBatch> }

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

/** An in-memory DuckDB that reads `folder` only, never the network, and whose settings no SQL can change afterwards. */
async function lockedDuck(folder: string) {
  const temp = path.join(folder, 'spill')
  await mkdir(temp, { recursive: true })
  const db = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    memory_limit: '512MB',
    threads: '2',
    temp_directory: temp,
  })
  const connection = await db.connect()
  await connection.run("SET TimeZone = 'UTC'").catch(() => {}) // only where the ICU extension is built in
  await connection.run(`SET allowed_directories = [${literal(folder)}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
  return {
    connection,
    close: () => {
      connection.closeSync()
      db.closeSync()
    },
  }
}

/** Nested values (tags as a map) are read as JSON, binary text as text, everything else as DuckDB prints it. */
function expression(name: string, type: string): string {
  if (/^(?:MAP|STRUCT)\b|\[\]$/.test(type)) return `CAST(to_json(${quoted(name)}) AS VARCHAR)`
  if (type === 'BLOB') return `decode(${quoted(name)})`
  return `CAST(${quoted(name)} AS VARCHAR)`
}

/** Reads a Parquet file of the landing store. Refused when it is damaged. The scratch folder is removed when the rows have been read. */
export async function readParquet(file: { path: string; name: string }, scratchDir: string): Promise<ParquetTable> {
  const own = await ownFolder(file.path, scratchDir, 'bill.parquet')
  const duck = await lockedDuck(path.dirname(own.file)).catch(async (error) => {
    await own.dispose()
    throw error
  })
  const dispose = async () => {
    duck.close()
    await own.dispose()
  }
  const damaged = (cause: unknown) =>
    new Failure('refused', 'bad_parquet', `the Parquet file cannot be read (${messageOf(cause).split('\n')[0]})`, {
      place: { file: file.name },
      remedy: 'export it again',
      cause,
    })
  const from = `read_parquet(${literal(own.file)}, file_row_number = true)`
  try {
    const described = await duck.connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`)
    const columns = described
      .getRows()
      .map((row) => ({ name: String(row[0]), type: String(row[1]) }))
      .filter(({ name }) => name !== 'file_row_number')
    const list = columns.map(({ name, type }) => expression(name, type)).join(', ')
    const result = await duck.connection.stream(`SELECT CAST(file_row_number + 1 AS VARCHAR), ${list} FROM ${from}`)
    return { header: columns.map(({ name }) => name), batches: batches(result, dispose, damaged) }
  } catch (cause) {
    await dispose()
    throw damaged(cause)
  }
}

async function* batches(
  result: Awaited<ReturnType<Awaited<ReturnType<typeof lockedDuck>>['connection']['stream']>>,
  dispose: () => Promise<void>,
  damaged: (cause: unknown) => Failure,
): AsyncGenerator<ParquetBatch> {
  try {
    for (;;) {
      const chunk = await result.fetchChunk().catch((cause) => {
        throw damaged(cause)
      })
      if (!chunk || chunk.rowCount === 0) return
      const batch: ParquetBatch = { cells: [], lines: [] }
      for (const [number, ...values] of chunk.getRows()) {
        batch.lines.push(Number(number))
        batch.cells.push(values.map((value) => (value === null ? '' : String(value).replaceAll('\0', '\uFFFD'))))
      }
      yield batch
    }
  } finally {
    await dispose()
  }
}

// The landing store: what arrived, as it came, under the SHA-256 of its bytes. A file is there whole or not at all.
import { createHash, randomBytes } from 'node:crypto'
import { constants as COPYFILE, createReadStream } from 'node:fs'
import { access, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { PassThrough, Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { Failure } from '#lib/errors.ts'
import { formatOf } from './bytes.ts'

/** `path` is relative to the data folder; named `.zst` where it was compressed here. */
export type Landed = { sha256: string; bytes: number; path: string }
export type Input = { path: string } | { stream: AsyncIterable<Buffer | string>; name: string }

const CHUNK = 1 << 20
const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  )

const byHash = (sha256: string) => path.join('landing', sha256.slice(0, 2), sha256)

/** Where a landed file of these bytes lies, if it does. */
async function find(dataDir: string, sha256: string): Promise<string | undefined> {
  for (const suffix of ['.zst', '']) if (await exists(path.join(dataDir, byHash(sha256) + suffix))) return byHash(sha256) + suffix
  return undefined
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file)
    if (found.isFile()) return found.size
  } catch (cause) {
    throw new Failure('missing', 'missing_file', `${file} cannot be read`, { remedy: 'check the path and its permissions', cause })
  }
  throw new Failure('missing', 'not_a_file', `${file} is no file`, { remedy: 'name the files in it' })
}

async function hashFile(file: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), bytes }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function firstChunk(source: Readable): Promise<{ head: Buffer; all: Readable }> {
  const iterator = source[Symbol.asyncIterator]()
  const first = await iterator.next()
  const head: Buffer = first.done ? Buffer.alloc(0) : Buffer.from(first.value)
  const all = Readable.from(
    (async function* () {
      if (head.length) yield head
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield Buffer.from(next.value)
    })(),
    { objectMode: false, highWaterMark: CHUNK },
  )
  return { head, all }
}

async function store(dataDir: string, source: Readable): Promise<Landed> {
  const scratch = path.join(dataDir, 'landing', 'incoming')
  await mkdir(scratch, { recursive: true })
  const part = path.join(scratch, randomBytes(8).toString('hex'))
  const { head, all } = await firstChunk(source)
  const hash = createHash('sha256')
  let bytes = 0
  const meter = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  const suffix = ['other', 'utf-16'].includes(formatOf(head)) ? '.zst' : ''
  const packer = suffix ? createZstdCompress({ chunkSize: CHUNK, params: { [constants.ZSTD_c_compressionLevel]: 1 } }) : new PassThrough()
  try {
    const sink = await open(part, 'wx')
    await pipeline(all, meter, packer, sink.createWriteStream({ highWaterMark: CHUNK }))
    await sync(part)
    const sha256 = hash.digest('hex')
    const target = byHash(sha256) + suffix
    await mkdir(path.dirname(path.join(dataDir, target)), { recursive: true })
    await rename(part, path.join(dataDir, target))
    await sync(path.dirname(path.join(dataDir, target)))
    return { sha256, bytes, path: target }
  } finally {
    await rm(part, { force: true })
  }
}

/**
 * Keeps a delivery. The same bytes again are found, not written. `seen` says whether a file of this many bytes ever came: one of a new
 * size needs not be read twice to know that it is new.
 */
export async function land(dataDir: string, input: Input, seen: (bytes: number) => Promise<boolean>): Promise<Landed> {
  if (!('path' in input)) return store(dataDir, Readable.from(input.stream, { objectMode: false }))
  if (await seen(await sizeOf(input.path))) {
    const { sha256, bytes } = await hashFile(input.path)
    const known = await find(dataDir, sha256)
    if (known) return { sha256, bytes, path: known }
  }
  return store(dataDir, createReadStream(input.path, { highWaterMark: CHUNK }))
}

/** A landed file under another name in a folder of its own, for readers that want one (a folder allowed to DuckDB is writable). */
export async function ownFolder(file: string, scratchDir: string, name: string): Promise<{ file: string; dispose: () => Promise<void> }> {
  const folder = path.join(scratchDir, `read-${randomBytes(8).toString('hex')}`)
  await mkdir(folder, { recursive: true })
  const own = path.join(folder, name)
  // A link would let a writer reach the landing store; a copy cannot.
  await copyFile(file, own, COPYFILE.COPYFILE_FICLONE)
  return { file: own, dispose: () => rm(folder, { recursive: true, force: true }) }
}

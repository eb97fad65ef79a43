// What a delivered file is by its first bytes, and its content as a stream: gzip is undone once, with limits.
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { Failure, messageOf } from '#lib/errors.ts'

export type ByteFormat = 'gzip' | 'parquet' | 'zip' | 'zstd' | 'utf-16' | 'other'

/** Beyond this many decompressed bytes a file may not have grown more than MAX_RATIO times. */
const FREE_BYTES = 64 << 20
const MAX_RATIO = 300
const CHUNK = 1 << 16

export function formatOf(head: Buffer): ByteFormat {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet'
  if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 3) return 'zip'
  if (head.subarray(0, 4).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) return 'zstd'
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return 'utf-16'
  return 'other'
}

/** The bytes of a file of the landing store as they were delivered: those named `.zst` were compressed on arrival. */
export function storedBytes(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: CHUNK })
  if (!path.endsWith('.zst')) return file
  const out = createZstdDecompress({ chunkSize: CHUNK })
  file.on('error', (error) => out.destroy(error))
  return file.pipe(out)
}

/** The first bytes of a delivered file. */
export async function headOf(path: string): Promise<Buffer> {
  if (!path.endsWith('.zst')) {
    const handle = await open(path)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  }
  const stream = storedBytes(path)
  for await (const chunk of stream) return (chunk as Buffer).subarray(0, 8)
  return Buffer.alloc(0)
}

async function* gunzipped(path: string, name: string): AsyncGenerator<Buffer> {
  const place = { file: name }
  const limit = Math.max(FREE_BYTES, (await stat(path)).size * MAX_RATIO)
  const source = storedBytes(path)
  const gunzip = createGunzip({ chunkSize: CHUNK })
  source.on('error', (error) => gunzip.destroy(error))
  let total = 0
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      if (total === 0 && formatOf(chunk) === 'gzip')
        throw new Failure('refused', 'nested_gzip', 'the file is gzip inside gzip', { place, remedy: 'decompress it once' })
      if ((total += chunk.length) > limit)
        throw new Failure('refused', 'too_large', `the file grows more than ${MAX_RATIO} times when it is decompressed`, { place })
      yield chunk
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new Failure('refused', 'bad_gzip', `the gzip file is damaged or cut off (${messageOf(cause)})`, {
      place,
      remedy: 'fetch it again',
      cause,
    })
  } finally {
    source.destroy()
  }
}

/** The text bytes of a delivered file: as they are, or out of gzip. Other containers are refused with a sentence. */
export async function contentBytes(file: { path: string; name: string }): Promise<AsyncIterable<Buffer>> {
  const format = formatOf(await headOf(file.path))
  const refuse = (what: string, remedy: string) =>
    new Failure('refused', 'wrong_format', `the file is ${what}`, { place: { file: file.name }, remedy })
  switch (format) {
    case 'gzip':
      return gunzipped(file.path, file.name)
    case 'other':
      return storedBytes(file.path) as AsyncIterable<Buffer>
    case 'parquet':
      throw refuse('Parquet, not CSV', 'export it as CSV')
    case 'zip':
      throw refuse('a ZIP archive or a spreadsheet, not CSV', 'deliver the CSV file that is inside')
    case 'zstd':
      throw refuse('compressed with zstd', 'deliver it as it is, or compressed with gzip')
    case 'utf-16':
      throw refuse('UTF-16 text', 'save it as UTF-8')
    default:
      throw format satisfies never
  }
}

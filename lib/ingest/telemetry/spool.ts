// Scrapes that are not yet in the database, in a file: what a process had read survives it, and an outage of the database.
import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises'
import path from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Scrape } from '#lib/ingest/contract.ts'

/** Beyond this nothing more is kept: an outage that long is a gap. */
const MOST_BYTES = 64 << 20
const HEADER = 17

/** One frame a scrape: length, instant, whether OpenMetrics, then the deflated body. */
function frameOf({ atMs, openMetrics, body }: Scrape): Buffer {
  const packed = deflateRawSync(body, { level: 1 })
  const header = Buffer.alloc(HEADER)
  header.writeUInt32LE(packed.length, 0)
  header.writeDoubleLE(atMs, 4)
  header.writeUInt8(openMetrics ? 1 : 0, 12)
  header.writeUInt32LE((packed.readUInt32LE(0) ^ packed.length) >>> 0, 13)
  return Buffer.concat([header, packed])
}

export class ScrapeSpool {
  readonly #path: string
  #file: FileHandle | null = null
  #bytes = 0

  constructor(dataDir: string, sourceId: number, shard: string) {
    const name = createHash('sha256').update(shard).digest('hex').slice(0, 16)
    this.#path = path.join(dataDir, 'spool', `${sourceId}-${name}.scrapes`)
  }

  /** What an earlier process left, oldest first. A torn frame at the end was never acknowledged and is left out. */
  async read(): Promise<Scrape[]> {
    const bytes = await readFile(this.#path).catch(() => Buffer.alloc(0))
    const scrapes: Scrape[] = []
    for (let at = 0; at + HEADER <= bytes.length; ) {
      const length = bytes.readUInt32LE(at)
      const packed = bytes.subarray(at + HEADER, at + HEADER + length)
      if (packed.length < length || length < 4 || bytes.readUInt32LE(at + 13) !== (packed.readUInt32LE(0) ^ length) >>> 0) break
      scrapes.push({ atMs: bytes.readDoubleLE(at + 4), openMetrics: bytes.readUInt8(at + 12) === 1, body: inflateRawSync(packed) })
      at += HEADER + length
    }
    return scrapes
  }

  /** Returns once the scrape is on disk; false when the spool is full. */
  async append(scrape: Scrape): Promise<boolean> {
    if (!this.#file) {
      await mkdir(path.dirname(this.#path), { recursive: true })
      this.#file = await open(this.#path, 'a')
      this.#bytes = (await this.#file.stat()).size
    }
    const frame = frameOf(scrape)
    if (this.#bytes + frame.length > MOST_BYTES) return false
    await this.#file.appendFile(frame)
    await this.#file.datasync()
    this.#bytes += frame.length
    return true
  }

  /** Everything in it was committed. */
  async clear(): Promise<void> {
    if (this.#bytes > 0) await this.#file?.truncate(0)
    this.#bytes = 0
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = null
  }
}

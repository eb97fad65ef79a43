import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import path from 'node:path'

const FLUSH = 1 << 20

/** Text set aside in a temporary file until it can be written where it belongs: memory stays bounded. */
export class Spool {
  private readonly file: string
  private handle: FileHandle | undefined
  private buffer = ''
  rows = 0

  constructor(dir: string, name: string) {
    this.file = path.join(dir, name)
  }

  /** Adds one row of COPY text, line end included. Call `flush` between runs of rows. */
  add(row: string): void {
    this.buffer += row
    this.rows++
  }

  async flush(force = false): Promise<void> {
    if (this.buffer.length < (force ? 1 : FLUSH)) return
    if (!this.handle) {
      await mkdir(path.dirname(this.file), { recursive: true })
      this.handle = await open(this.file, 'wx')
    }
    await this.handle.write(this.buffer)
    this.buffer = ''
  }

  /** The whole text, once nothing more is added. */
  async *read(): AsyncGenerator<Buffer> {
    await this.flush(true)
    if (this.handle) yield* createReadStream(this.file, { highWaterMark: FLUSH })
  }

  async dispose(): Promise<void> {
    await this.handle?.close()
    await rm(this.file, { force: true })
  }
}

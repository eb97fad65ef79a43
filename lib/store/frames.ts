// A stream of named sections, each of any length: what a backup file is, before compression.
//   section = u32 length of its JSON head, the head, then chunks (u32 length, bytes), then a zero length.
import { Failure } from '#lib/errors.ts'

export type Section<Head> = { head: Head; chunks: AsyncIterable<Buffer> }

const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

export async function* writeSections<Head>(sections: AsyncIterable<Section<Head>>): AsyncGenerator<Buffer> {
  for await (const { head, chunks } of sections) {
    const text = Buffer.from(JSON.stringify(head))
    yield Buffer.concat([u32(text.length), text])
    for await (const chunk of chunks) if (chunk.length > 0) yield Buffer.concat([u32(chunk.length), chunk])
    yield u32(0)
  }
}

const cutShort = () =>
  new Failure('refused', 'backup_cut_short', 'the backup ends in the middle: it was not written whole', { remedy: 'take another backup' })

/** Takes exactly as many bytes as are asked for. `read(n, true)` gives an empty buffer at the very end. */
function byteReader(source: AsyncIterable<Buffer>) {
  const iterator = source[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  return async (length: number, mayEnd = false): Promise<Buffer> => {
    const parts: Buffer[] = [held]
    let have = held.length
    while (have < length) {
      const next = await iterator.next()
      if (next.done) {
        if (mayEnd && have === 0) return Buffer.alloc(0)
        throw cutShort()
      }
      parts.push(next.value)
      have += next.value.length
    }
    const all = parts.length === 1 ? held : Buffer.concat(parts)
    held = all.subarray(length)
    return all.subarray(0, length)
  }
}

/** The sections in order. Each must be read (or drained by asking for the next) before the one after it. */
export async function* readSections<Head>(source: AsyncIterable<Buffer>): AsyncGenerator<Section<Head>> {
  const read = byteReader(source)
  for (;;) {
    const size = await read(4, true)
    if (size.length === 0) return
    const head = JSON.parse((await read(size.readUInt32BE())).toString()) as Head
    let open = true
    const chunks = (async function* () {
      while (open) {
        const length = (await read(4)).readUInt32BE()
        if (length === 0) open = false
        else yield await read(length)
      }
    })()
    yield { head, chunks }
    while (!(await chunks.next()).done);
  }
}

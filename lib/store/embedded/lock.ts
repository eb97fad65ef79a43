import { createHash } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

export type FolderLock = { release: () => void }

function addressOf(dir: string): string {
  const name = `denominator-${createHash('sha256').update(fs.realpathSync(dir)).digest('hex').slice(0, 32)}`
  if (process.platform === 'linux') return `\0${name}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  return path.join(os.tmpdir(), `${name}.sock`)
}

const listen = (address: string) =>
  new Promise<net.Server>((resolve, reject) => {
    const server = net.createServer((socket) => socket.end(`${process.pid}\n`))
    server.once('error', reject)
    server.listen(address, () => {
      server.unref()
      resolve(server)
    })
  })

const holderOf = (address: string) =>
  new Promise<number | undefined>((resolve) => {
    let text = ''
    net
      .connect(address)
      .on('data', (data) => (text += data))
      .on('end', () => resolve(Number(text.trim()) || undefined))
      .on('error', () => resolve(undefined))
  })

/**
 * One owner a data folder. The kernel releases the lock however the process dies.
 * Returns the lock, or the id of the process that holds it.
 */
export async function lockFolder(dir: string): Promise<FolderLock | { heldBy: number | undefined }> {
  const address = addressOf(dir)
  const release = (server: net.Server) => ({ release: () => void server.close() })
  try {
    return release(await listen(address))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const heldBy = await holderOf(address)
    if (heldBy === undefined && process.platform === 'darwin') {
      fs.rmSync(address, { force: true }) // a socket file outlives its process there
      return release(await listen(address))
    }
    return { heldBy }
  }
}

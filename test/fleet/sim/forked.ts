import { fork } from 'node:child_process'
import path from 'node:path'
import type { Addresses } from './config-files.ts'
import type { Answer, Command } from './process.ts'
import type { SimulatorOptions } from './simulator.ts'
import type { Span } from './time.ts'

export type ForkedSimulator = {
  addresses: Addresses
  /** Every scrape carries the samples of this window of the past. */
  setWindow: (window: Span) => Promise<void>
  /** From now on scrapes carry the present. */
  goLive: () => Promise<void>
  close: () => Promise<void>
}

/** Starts the simulator in another process; `options` must give the same fleet there as here, and do. */
export async function forkSimulator(options: SimulatorOptions): Promise<ForkedSimulator> {
  const child = fork(path.join(import.meta.dirname, 'process.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: false })
  const gone = new Promise<never>((_, reject) => child.once('exit', (code) => reject(new Error(`the simulator ended (${code})`))))
  gone.catch(() => {})
  const ask = async (command: Command): Promise<Answer & { ok: true }> => {
    const answered = new Promise<Answer>((resolve) => child.once('message', (answer) => resolve(answer as Answer)))
    child.send(command)
    const answer = await Promise.race([answered, gone])
    if (!answer.ok) throw new Error(answer.error)
    return answer
  }
  const { addresses } = await ask({ do: 'start', options })
  return {
    addresses: addresses!,
    setWindow: async (window) => void (await ask({ do: 'window', window })),
    goLive: async () => void (await ask({ do: 'live' })),
    close: async () => {
      if (child.exitCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      await ended
    },
  }
}

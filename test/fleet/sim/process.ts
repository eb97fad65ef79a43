// The simulator in a process of its own, so that making the text and reading it use two cores. Speaks over the fork's channel.
import type { Addresses } from './config-files.ts'
import { type SimulatorOptions, startSimulator } from './simulator.ts'
import type { Span } from './time.ts'

export type Command = { do: 'start'; options: SimulatorOptions } | { do: 'window'; window: Span } | { do: 'live' }
export type Answer = { ok: true; addresses?: Addresses } | { ok: false; error: string }

let simulator: Awaited<ReturnType<typeof startSimulator>> | undefined

async function obey(command: Command): Promise<Answer> {
  switch (command.do) {
    case 'start':
      simulator = await startSimulator(command.options)
      return { ok: true, addresses: simulator.addresses }
    case 'window':
      simulator?.setClock({ window: command.window })
      return { ok: true }
    case 'live':
      simulator?.setClock({ live: () => Date.now() })
      return { ok: true }
    default:
      return command satisfies never
  }
}

process.on('message', (command: Command) => {
  obey(command)
    .catch((error: unknown): Answer => ({ ok: false, error: error instanceof Error ? error.message : String(error) }))
    .then((answer) => process.send?.(answer))
    .catch(() => process.exit(1))
})
// Its parent is gone: nobody will ask again.
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole group; the parent decides when the fleet ends.
process.on('SIGINT', () => {})

// `denominator agent`: the exporter of a GPU node. It needs no database and no configuration.
import fs from 'node:fs'
import { parseArgs } from 'node:util'
import { systemClock } from '#lib/clock.ts'
import { Failure, messageOf } from '#lib/errors.ts'
import { smiCommand } from './command.ts'
import { smiExporter } from './exporter.ts'
import { parseListen, serve } from './server.ts'

export { parseSmiCsv } from './smi-csv.ts'
export { parseSmiXml } from './smi-xml.ts'
export type { SmiReading, SmiReadings } from './reading.ts'

export const AGENT = {
  name: 'agent',
  usage: 'agent [--listen 127.0.0.1:9835] [--nvidia-smi PATH]',
  does: 'the GPU node exporter: nvidia-smi as Prometheus metrics, names as nvidia_gpu_exporter has them',
} as const

type Settings = { listen: ReturnType<typeof parseListen>; program: string }

function readArgs(args: string[]): Settings {
  const options = {
    listen: { type: 'string', default: '127.0.0.1:9835' },
    'nvidia-smi': { type: 'string', default: 'nvidia-smi' },
  } as const
  const { values } = parsed(() => parseArgs({ args, options, strict: true, allowPositionals: false }))
  const program = values['nvidia-smi']
  if (program === '' || (/[/\\]/.test(program) && !isExecutable(program)))
    throw new Failure('usage', 'nvidia_smi_missing', `\`${program}\` is no program that can be run`, {
      place: { source: '--nvidia-smi' },
      remedy: 'give the path of nvidia-smi, or leave it out where it is on PATH',
    })
  return { listen: parseListen(values.listen), program }
}

function parsed<Result>(parse: () => Result): Result {
  try {
    return parse()
  } catch (cause) {
    throw new Failure('usage', 'bad_option', messageOf(cause), { remedy: `usage: denominator ${AGENT.usage}`, cause })
  }
}

function isExecutable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK)
    return fs.statSync(path).isFile()
  } catch {
    return false
  }
}

const say = (line: string): void => {
  process.stderr.write(`agent: ${line}\n`)
}

/** Runs until SIGTERM or SIGINT; then ends what is under way and resolves to 0. Throws `usage` for wrong arguments, before anything starts. */
export async function runAgent(args: string[]): Promise<number> {
  const { listen, program } = readArgs(args)
  const command = smiCommand(program)
  const exporter = smiExporter(command.run, systemClock, say)
  const server = await serve(listen, exporter.scrape)
  say(`serving ${server.url}`)
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  say('stopping')
  await server.stop()
  command.kill()
  return 0
}

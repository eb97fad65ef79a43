// The command line: `denominator COMMAND …`. Results go to standard output, everything else to standard error.
import { parseArgs } from 'node:util'
import { Failure, messageOf } from '#lib/errors.ts'
import { runAgent } from './agent/index.ts'
import { COMMANDS } from './cli/commands.ts'
import { help } from './cli/help.ts'
import { openSession } from './cli/session.ts'
import { start } from './supervisor/start.ts'

async function runCommand(name: string, args: string[]): Promise<number> {
  const command = COMMANDS.find((one) => one.name === name)
  if (!command)
    throw new Failure('usage', 'command_unknown', `there is no command \`${name}\``, { remedy: '`denominator help` lists the commands' })
  const { values, positionals } = parse(command.name, { ...command.options, json: { type: 'boolean' }, csv: { type: 'boolean' } }, args)
  const session = await openSession()
  try {
    const result = await command.run(session, values, positionals)
    process.stdout.write(`${render(command, result, values)}\n`)
    return command.exitCode?.(result) ?? 0
  } finally {
    await session.close()
  }
}

function render(command: (typeof COMMANDS)[number], result: unknown, values: Record<string, string | boolean | undefined>): string {
  if (values.csv && command.csv) return command.csv(result, values).trimEnd()
  if (values.json || !command.text) return JSON.stringify(result, null, 2)
  return command.text(result, values).trimEnd()
}

function parse(name: string, options: NonNullable<Parameters<typeof parseArgs>[0]>['options'], args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true }) as {
      values: Record<string, string | boolean | undefined>
      positionals: string[]
    }
  } catch (cause) {
    throw new Failure('usage', 'bad_option', messageOf(cause), { remedy: `see \`denominator help ${name}\``, cause })
  }
}

async function main([name = 'help', ...args]: string[]): Promise<number> {
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(help(args[0]))
    return 0
  }
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help(name))
    return 0
  }
  if (name === 'agent') return runAgent(args)
  if (name === 'start') return start({ dev: args.includes('--dev') })
  return runCommand(name, args)
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`denominator: ${messageOf(error)}\n`)
    if (!(error instanceof Failure) && process.env.LOG_LEVEL === 'debug') console.error(error)
    process.exitCode = error instanceof Failure && error.kind === 'usage' ? 2 : 1
  },
)

import { AGENT } from '#collectors/agent/index.ts'
import { COMMANDS } from './commands.ts'

const START = { name: 'start', usage: 'start', does: 'database, migrations, collectors and web server; Ctrl-C stops everything it started' }

const CONFIGURATION = `Configuration: denominator.yaml in the working folder, or DENOMINATOR_CONFIG. DENOMINATOR_DATA (./data), DATABASE_URL (else the
embedded PostgreSQL), PORT (3000), HOST (127.0.0.1). Exit codes: 0 done; 1 the work failed or an invariant is broken; 2 wrong usage or configuration.`

/** All commands, or one. */
export function help(name?: string): string {
  const all = [START, ...COMMANDS, AGENT]
  const one = all.find((command) => command.name === name)
  if (one) return `denominator ${one.usage}\n\n${one.does}\n`
  const width = Math.max(...all.map((command) => command.name.length)) + 2
  const lines = all.map((command) => `  ${command.name.padEnd(width)}${command.does}`)
  return `denominator: what your self-hosted tokens really cost, and whether they still pay off\n\n${lines.join('\n')}\n\n\`denominator help COMMAND\` shows its options.\n${CONFIGURATION}\n`
}

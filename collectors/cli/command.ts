import type { ParseArgsOptionsConfig } from 'node:util'
import type { DeclaredSource } from '#lib/services/config/read.ts'
import type { ServiceContext } from '#lib/services/context.ts'

/** What a command works with once the store is open and the configuration applied. */
export type Session = {
  context: ServiceContext
  sources: readonly DeclaredSource[]
  /** The declared source of that name with its id; throws `usage` when there is none. */
  source: (name: string) => DeclaredSource & { sourceId: number }
  /** Diagnostics and progress: standard error. */
  say: (line: string) => void
}

export type Flags = Record<string, string | boolean | undefined>

/** One command of the command line. `run` returns what `--json` prints; `text` turns that into lines for people. */
export type Command<Result = unknown> = {
  name: string
  usage: string
  does: string
  options?: ParseArgsOptionsConfig
  run: (session: Session, flags: Flags, positionals: string[]) => Promise<Result>
  text?: (result: Result, flags: Flags) => string
  csv?: (result: Result, flags: Flags) => string
  /** 1 where the work was done but found something broken. */
  exitCode?: (result: Result) => number
}

// Every command of the command line but `start`. One line a command.
import { backupCommand, restoreCommand } from './backup.ts'
import { checkCommand } from './check.ts'
import { collectCommand } from './collect.ts'
import type { Command } from './command.ts'
import { distributeCommand } from './distribute.ts'
import { doctorCommand } from './doctor.ts'
import { importCommand } from './import.ts'
import { reconcileCommand } from './reconcile.ts'
import { reportCommand } from './report.ts'
import { rulesCommand } from './rules.ts'
import { sourcesCommand } from './sources.ts'

// Each command's own functions only ever get its own result.
const listed = <Result>(command: Command<Result>): Command => command as unknown as Command

export const COMMANDS: readonly Command[] = [
  listed(importCommand),
  listed(collectCommand),
  listed(reconcileCommand),
  listed(reportCommand),
  listed(rulesCommand),
  listed(checkCommand),
  listed(sourcesCommand),
  listed(doctorCommand),
  listed(distributeCommand),
  listed(backupCommand),
  listed(restoreCommand),
]

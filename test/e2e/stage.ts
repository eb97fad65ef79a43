// What the set-up hands to the tests, which run in other processes.
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

/** `from` and `to` (exclusive): days of the fleet whose bill has arrived. */
export type Stage = { url: string; folder: string; dataDir: string; from: string; to: string }

export const keep = (stage: Stage): void => {
  process.env.DENOMINATOR_E2E = JSON.stringify(stage)
}
export const stage = (): Stage => JSON.parse(process.env.DENOMINATOR_E2E ?? '{}') as Stage

const root = path.resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

/** What the command line says, as JSON: it shares the running server's database. */
export async function commandJson<T>(...args: string[]): Promise<T> {
  const { folder, dataDir } = stage()
  const env = { ...process.env, DENOMINATOR_CONFIG: path.join(folder, 'denominator.yaml'), DENOMINATOR_DATA: dataDir }
  const { stdout } = await run(process.execPath, ['collectors/main.ts', ...args, '--json'], { cwd: root, env, maxBuffer: 1 << 26 })
  return JSON.parse(stdout) as T
}

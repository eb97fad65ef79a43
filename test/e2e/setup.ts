import { spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { keep, type Stage } from './stage.ts'

/** Starts test/e2e/serve.ts as a program of its own and hands its address to the tests. A stage given in the environment is used as it is. */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env.DENOMINATOR_E2E) return async () => {}
  const root = path.resolve(import.meta.dirname, '../..')
  const child = spawn(process.execPath, ['test/e2e/serve.ts'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve))
  const first = await Promise.race([line, gone])
  if (typeof first !== 'string') throw new Error(`test/e2e/serve.ts ended with ${first}`)
  keep(JSON.parse(first) as Stage)
  return async () => {
    child.kill('SIGTERM')
    await gone
  }
}

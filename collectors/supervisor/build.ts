import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
const INPUTS = ['app', 'lib', 'proxy.ts', 'next.config.js', 'package-lock.json', 'tsconfig.json']
const STAMP = path.join(root, '.next/denominator-build')

function filesOf(entry: string): string[] {
  const stat = fs.statSync(entry, { throwIfNoEntry: false })
  if (!stat) return []
  if (stat.isFile()) return [entry]
  return fs
    .readdirSync(entry)
    .sort()
    .flatMap((name) => filesOf(path.join(entry, name)))
}

/** A fingerprint of everything that the web server is built from. */
function fingerprint(): string {
  const hash = createHash('sha256')
  for (const input of INPUTS) for (const file of filesOf(path.join(root, input))) hash.update(file).update(fs.readFileSync(file))
  return hash.digest('hex')
}

/** Builds the screens unless they are built from just these sources. Output goes to standard error. */
export async function ensureBuilt(say: (line: string) => void): Promise<void> {
  const now = fingerprint()
  const built = fs.existsSync(path.join(root, '.next/BUILD_ID')) && fs.existsSync(STAMP) && fs.readFileSync(STAMP, 'utf8') === now
  if (built) return
  say('building the screens (once; about 20 seconds)…')
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules/next/dist/bin/next'), 'build'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
    })
    child.on('error', reject)
    child.on('exit', (status) => resolve(status ?? 1))
  })
  if (code !== 0) throw new Error(`the screens could not be built (next build ended with ${code})`)
  fs.writeFileSync(STAMP, now)
}

// `npm run build`
if (import.meta.main) await ensureBuilt((line) => void process.stderr.write(`${line}\n`))

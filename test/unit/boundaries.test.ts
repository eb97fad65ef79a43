import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
let folder: string

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-boundaries-'))
  fs.copyFileSync(path.join(root, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'))
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Lints one planted file with the project's own rules. */
function lint(file: string, source: string): { status: number | null; output: string } {
  const target = path.join(folder, file)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  fs.writeFileSync(target, source)
  const run = spawnSync(path.join(root, 'node_modules/.bin/oxlint'), [file], { cwd: folder, encoding: 'utf8' })
  fs.rmSync(target)
  return { status: run.status, output: run.stdout + run.stderr }
}

const imports = (from: string) => `import { x } from '${from}'\n\nexport const y = x\n`

test.each([
  ['lib/services/planted.ts', '#collectors/registry.ts', 'lib must not know the layers above it'],
  ['lib/report/planted.ts', '../../app/page.tsx', 'lib must not know the layers above it'],
  ['lib/domain/planted.ts', '#lib/store/pool.ts', 'domain is pure'],
  ['lib/domain/deep/planted.ts', 'node:fs', 'domain is pure'],
  ['lib/store/planted.ts', '#lib/reconcile/engine.ts', 'store is the door'],
  ['lib/ingest/planted.ts', '#lib/services/import.ts', 'ingest knows domain and store only'],
  ['lib/reconcile/planted.ts', '#lib/ingest/csv.ts', 'reconcile knows domain and store only'],
  ['collectors/planted.ts', '#app/layout.tsx', 'collectors must not know the screens'],
  ['app/planted.tsx', '#lib/store/pool.ts', 'screens speak to services'],
  ['app/planted.tsx', '@tremor/react/dist/components/chart-elements/AreaChart', 'in app/_components only'],
  ['app/_components/planted.tsx', '@tremor/react', 'import Tremor by deep path'],
])('%s may not import %s', (file, from, message) => {
  const { status, output } = lint(file, imports(from))
  expect(status, output).toBe(1)
  expect(output).toContain(message)
})

test.each([
  ['lib/services/planted.ts', '#lib/store/pool.ts'],
  ['lib/reconcile/planted.ts', '#lib/domain/money.ts'],
  ['collectors/planted.ts', '#lib/services/import.ts'],
  ['app/planted.tsx', '#lib/services/overview.ts'],
  ['app/_components/planted.tsx', '@tremor/react/dist/components/chart-elements/AreaChart'],
])('%s may import %s', (file, from) => {
  const { status, output } = lint(file, imports(from))
  expect(status, output).toBe(0)
})

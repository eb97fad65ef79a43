// `npm run bench [-- NAME] [--quick]`: one JSON line a benchmark, ours and its peer alternating in the same run.
import { Failure, messageOf } from '#lib/errors.ts'
import type { BenchResult } from './bench.ts'
import { exposition } from './exposition.ts'
import { focusImport } from './focus-import.ts'
import { overview } from './overview.ts'
import { reconcileMonth } from './reconcile-month.ts'

const BENCHES: Record<string, (options: { quick: boolean }) => Promise<BenchResult | BenchResult[]>> = {
  exposition,
  'focus-import': focusImport,
  overview,
  'reconcile-month': reconcileMonth,
}

const args = process.argv.slice(2)
const quick = args.includes('--quick')
const names = args.filter((arg) => !arg.startsWith('--'))
let missed = 0
for (const name of names.length ? names : Object.keys(BENCHES)) {
  const bench = BENCHES[name]
  try {
    if (!bench)
      throw new Failure('usage', 'bench_unknown', `there is no benchmark \`${name}\``, { remedy: `use ${Object.keys(BENCHES).join(', ')}` })
    for (const result of [await bench({ quick })].flat()) {
      process.stdout.write(`${JSON.stringify(result)}\n`)
      if (!result.holds) missed++
    }
  } catch (error) {
    process.stderr.write(`${name}: ${messageOf(error)}\n`)
    missed++
  }
}
process.exit(missed === 0 ? 0 : 1)

// What a preview of rules says, and what saving them then does: equal to the last digit.
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Money } from '#lib/domain/money.ts'
import type { Failure } from '#lib/errors.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import { ledgerSums } from '#lib/services/report/query.ts'
import { type RuleSet, readRules, writeRules } from '#lib/services/rules/document.ts'
import { exportRules } from '#lib/services/rules/export.ts'
import { previewRules } from '#lib/services/rules/preview.ts'
import { saveRules } from '#lib/services/rules/save.ts'
import { collectorFor } from '#collectors/registry.ts'
import { type Cells, csvOf, USAGE, type Workshop, workshop } from '#test/support/bills.ts'
import { insertNode } from '#test/support/ledger-facts.ts'

const me = LOCAL_ADMINISTRATOR
const PERIOD = { from: '2026-05-01', to: '2026-09-01' }
let shop: Workshop
beforeAll(async () => {
  shop = await workshop()
  const { pool } = shop.context.db
  await insertNode(pool, 'gpu-1', [{ kind: 'instance_id', alias: 'i-gpu' }])
  await pool.query(`INSERT INTO fx (day, from_currency, to_currency, rate, source)
    SELECT d::date, 'EUR', 'USD', 1.0937 + extract(day FROM d) / 1000, 'test' FROM generate_series('2026-06-01'::timestamp, '2026-07-31', '1 day') d`)
  await pool.query(`INSERT INTO person (person, role) VALUES ('ada', 'sre')`)
  await pool.query(`INSERT INTO rate (role, valid_from, currency, standard_per_year, actual_per_year, hours_per_year)
    VALUES ('sre', '2026-01-01', 'EUR', 91000, 120000, 1720)`)
  await pool.query(`INSERT INTO time_entry (source_id, entry_id, from_seq, content_key, person, local_date, hours, project, tags)
    SELECT 9, n::text, 0, '\\x00', 'ada', '2026-06-01'::date + n, 1.37, 'p' || n % 3, '{ml}' FROM generate_series(1, 40) n`)
  await shop.bring(csvOf([...billOf('2026-06', 'acc-1', 'USD'), ...billOf('2026-06', 'acc-2', 'EUR')]), { name: 'june.csv' })
  await shop.bring(csvOf(billOf('2026-07', 'acc-1', 'USD')), { name: 'july.csv' })
  await reconcileDays(me, shop.context)
})
afterAll(() => shop.close())

/** Lines of every class on most days of a month, amounts of many digits, one line over all of it, two equal ones. */
function billOf(month: string, BillingAccountId: string, BillingCurrency: string): Cells[] {
  const after = month === '2026-06' ? '2026-07-01' : '2026-08-01'
  const base = { ...USAGE, BillingAccountId, BillingCurrency, BillingPeriodStart: `${month}-01`, BillingPeriodEnd: after }
  const rows: Cells[] = []
  const line = (day: number, more: Cells) => {
    const date = `${month}-${String(day).padStart(2, '0')}`
    const amount = String((day * 7919 + rows.length * 104729) % 1_000_003)
    const BilledCost = `${rows.length % 5}.${amount}123456789`
    rows.push({
      ...base,
      ChargePeriodStart: `${date}T03:00:00Z`,
      ChargePeriodEnd: `${date}T09:00:00Z`,
      BilledCost,
      EffectiveCost: BilledCost,
      ...more,
    })
  }
  for (let day = 1; day <= 28; day += 3) {
    line(day, { ServiceName: 'Compute', ResourceId: 'i-gpu', Tags: '{"team":"ml"}' })
    line(day, { ServiceName: 'Compute', ResourceId: 'i-web', Tags: '{"team":"web"}' })
    line(day, { ServiceName: 'Cloud Storage', ResourceId: 'bucket', Tags: day % 2 ? '{"team":"ml"}' : '{"team":"web"}' })
    line(day, { ServiceName: 'Cloud Logging', ResourceId: '' })
    line(day, { ServiceName: 'Cloud Storage', ResourceId: 'i-gpu', Tags: '{"team":"ml"}' })
  }
  const month_ = { ChargePeriodStart: `${month}-01`, ChargePeriodEnd: after }
  line(1, { ...month_, ChargeCategory: 'Tax', ServiceName: 'Tax', ResourceId: '' })
  line(1, { ...month_, ServiceName: 'Premium Support', ResourceId: '' })
  line(1, { ...month_, ChargeCategory: 'Purchase', ServiceName: 'Marketplace thing', ResourceId: '' })
  line(5, { ChargeCategory: 'Credit', BilledCost: '-3.33', EffectiveCost: '-3.33', ResourceId: '' })
  for (let i = 0; i < 2; i++) line(9, { ServiceName: 'Registry', ResourceId: 'r', BilledCost: '1.25', EffectiveCost: '' })
  return rows
}

const rule = (ordinal: number, match: string, scope: 'in' | 'out' | 'share', layer = '') => ({ ordinal, match, scope, layer })
const STEPS: [string, RuleSet][] = [
  ['web out of the fleet: shares follow', { rules: [rule(1, 'tag:team=web', 'out')] }],
  [
    'storage placed, registry shared',
    { rules: [rule(1, 'ServiceName=Cloud Storage', 'in', 'supporting'), rule(2, 'ServiceName=Registry', 'share', 'build')] },
  ],
  [
    'back in, and time',
    {
      rules: [
        rule(3, 'time.project=p1', 'in', 'lifecycle'),
        rule(4, 'time.tags=ml', 'in'),
        rule(5, 'ServiceName=Compute;tag:team=web', 'out'),
      ],
    },
  ],
  [
    'the pack',
    { pack: 'default', rules: [rule(5, 'ServiceName=Compute;tag:team=web', 'out'), rule(6, 'time.project=p*', 'in', 'security')] },
  ],
  [
    'tax and support for the fleet alone',
    { rules: [rule(1, 'ChargeCategory=Tax', 'in'), rule(2, 'ServiceName=*Support', 'in', 'support')] },
  ],
  ['everything out', { rules: [rule(1, 'ChargeCategory=*', 'out')] }],
  ['nothing said', { pack: 'none', rules: [] }],
]

async function ledger() {
  const rows = await ledgerSums(shop.context.db, { measures: ['cost', 'outside'], ...PERIOD, by: ['month', 'measure', 'layer'] })
  const sums = new Map<string, { billed: Money; effective: Money }>()
  for (const { month, measure, layer, billedRc, effectiveRc } of rows) {
    const key = `${month.slice(0, 7)} ${measure === 'cost' ? layer : '-'}`
    const sum = sums.get(key) ?? { billed: new Money(0), effective: new Money(0) }
    sums.set(key, { billed: sum.billed.plus(billedRc ?? 0), effective: sum.effective.plus(effectiveRc ?? 0) })
  }
  return sums
}
const linesByPlace = async () =>
  shop.rows<{ place: string; rows: string; billed: string }>(
    `SELECT left(billing_period::text, 7) || ' ' || currency || ' ' || scope AS place, count(*) AS rows, trim_scale(sum(billed)) AS billed
     FROM bill_line WHERE to_seq IS NULL GROUP BY 1
     UNION ALL SELECT left(day::text, 7) || ' ' || currency || ' out', sum(row_count), trim_scale(sum(billed)) FROM bill_excluded_day WHERE to_seq IS NULL GROUP BY 1`,
  )

test.each(STEPS)('%s: the preview is what saving then does', async (_, rules) => {
  const [before, linesBefore] = [await ledger(), await linesByPlace()]
  const preview = await previewRules(me, shop.context, rules, collectorFor)
  expect(await ledger()).toEqual(before)
  expect(preview.effect.length).toBeGreaterThan(0)
  expect(preview.expired).toEqual([])

  await saveRules(me, shop.context, rules, collectorFor)
  await reconcileDays(me, shop.context)
  const after = await ledger()
  const zero = { billed: new Money(0), effective: new Money(0) }
  const text = (money: Money) => money.toFixed()
  const seen = [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((key) => {
    const [was, is] = [before.get(key) ?? zero, after.get(key) ?? zero]
    const [billed, effective] = [is.billed.minus(was.billed), is.effective.minus(was.effective)]
    return billed.isZero() && effective.isZero() ? [] : [{ key, billed: text(billed), effective: text(effective) }]
  })
  const told = preview.effect.map(({ month, layer, billed, effective }) => ({
    key: `${month} ${layer ?? '-'}`,
    billed: billed.change,
    effective: effective.change,
  }))
  expect(told.sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual(seen)

  // Whole lines by scope: what left one place arrived in another.
  const places = new Map<string, { rows: number; billed: Money }>()
  const add = (place: string, rows: number, billed: Money) => {
    const sum = places.get(place) ?? { rows: 0, billed: new Money(0) }
    places.set(place, { rows: sum.rows + rows, billed: sum.billed.plus(billed) })
  }
  for (const { place, rows, billed } of linesBefore) add(place, Number(rows), new Money(billed))
  for (const move of preview.moves) {
    add(`${move.month} ${move.currency} ${move.from.scope}`, -move.rows, new Money(move.billed).negated())
    add(`${move.month} ${move.currency} ${move.to.scope}`, move.rows, new Money(move.billed))
  }
  const kept = [...places]
    .filter(([, { rows }]) => rows !== 0)
    .map(([place, { rows, billed }]) => ({ place, rows: String(rows), billed: text(billed) }))
  const byPlace = (a: { place: string }, b: { place: string }) => (a.place < b.place ? -1 : 1)
  expect(kept.sort(byPlace)).toEqual((await linesByPlace()).sort(byPlace))

  const again = await previewRules(me, shop.context, rules, collectorFor)
  expect({ moves: again.moves, time: again.time, effect: again.effect }).toEqual({ moves: [], time: [], effect: [] })
})

test('moves say from where to where, by the node where rules are silent', async () => {
  const { moves } = await previewRules(me, shop.context, { rules: [rule(1, 'ServiceName=Compute', 'in', 'build')] }, collectorFor)
  const july = moves.filter(({ month }) => month === '2026-07').map(({ from, to, rows }) => [from, to, rows])
  const build = { scope: 'in', layer: 'build' }
  expect(july).toEqual(
    expect.arrayContaining([
      [{ scope: 'in', layer: 'gpu_compute' }, build, 10],
      [{ scope: 'in', layer: 'unassigned' }, build, 10],
    ]),
  )
  expect(july.length).toBe(2)
})

test('saving is versioned and audited, and the same again is nothing', async () => {
  const rules = [rule(1, 'tag:team=web', 'out')]
  const count = async () =>
    (await shop.rows<{ n: string }>(`SELECT count(*) AS n FROM config_version WHERE part IN ('layers', 'rule_pack')`))[0]!.n
  const before = Number(await count())
  expect((await saveRules(me, shop.context, { rules, pack: 'default' }, collectorFor)).changed).toEqual(['layers', 'rule_pack'])
  expect((await saveRules(me, shop.context, { rules, pack: 'default' }, collectorFor)).changed).toEqual([])
  expect(Number(await count())).toBe(before + 2)
  const [entry] = await shop.rows<{ actor: string; detail: { sha256: string } }>(
    `SELECT actor, detail FROM audit_log WHERE action = 'save_rules' AND subject = 'layers' ORDER BY audit_id DESC LIMIT 1`,
  )
  const [version] = await shop.rows<{ sha256: string; content: string }>(
    `SELECT sha256, content FROM config_version WHERE part = 'layers' ORDER BY version DESC LIMIT 1`,
  )
  expect(entry).toMatchObject({ actor: 'local', detail: { sha256: version!.sha256 } })
  expect(JSON.parse(version!.content)).toEqual(rules)
})

test('rules written as YAML read back the same, and complaints name the line', async () => {
  const file = path.join(shop.dir, 'rules.yaml')
  writeFileSync(file, writeRules(await exportRules(me, shop.context)))
  expect(await readRules(file)).toEqual(await exportRules(me, shop.context))
  writeFileSync(file, 'rules:\n  - { match: "A=b", scope: in }\n  - { match: "A=c", scope: inside }\n')
  const failure = (await readRules(file).catch((error: unknown) => error)) as Failure
  expect([failure.code, failure.place.line]).toEqual(['config_bad_value', 3])
  const csv = path.join(shop.dir, 'layers.csv')
  writeFileSync(csv, 'order,match,scope,layer\n2,A=b,in,build\n1,A=c,out,\n')
  expect(await readRules(csv)).toEqual({ rules: [rule(1, 'A=c', 'out'), rule(2, 'A=b', 'in', 'build')] })
})

test('a bill whose file has expired stays as it is, and the preview says so', async () => {
  const [july] = await shop.rows<{ landing_path: string }>("SELECT landing_path FROM delivery WHERE file_name = 'july.csv'")
  rmSync(path.join(shop.context.dataDir, july!.landing_path))
  const rules = { rules: [] }
  const preview = await previewRules(me, shop.context, rules, collectorFor)
  expect(preview.expired).toEqual([{ source: 'bills', file: 'july.csv', bills: ['2026-07 acc-1'], rows: { in: 41, out: 15 } }])
  expect(new Set(preview.moves.map(({ month }) => month))).toEqual(new Set(['2026-06']))
  const { bills } = await saveRules(me, shop.context, rules, collectorFor)
  expect(bills.find(({ period }) => period === '2026-07')).toMatchObject({
    unchanged: true,
    message: expect.stringContaining('landing store'),
  })
  const lines = await shop.rows<{ n: string }>("SELECT count(*) AS n FROM bill_line WHERE to_seq IS NULL AND billing_period = '2026-07-01'")
  expect(lines[0]!.n).toBe('41')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isCommitmentFee, isRateCredit } from '#collectors/bills/gcp-billing/credit.ts'
import { jsonObjects } from '#collectors/bills/gcp-billing/json-stream.ts'
import { parseExactJson, parseLiteral } from '#collectors/bills/gcp-billing/literal.ts'
import { GcpMapper } from '#collectors/bills/gcp-billing/map.ts'
import { objectRow, TableColumns, tableRow } from '#collectors/bills/gcp-billing/row.ts'
import { hoursOf } from '#collectors/bills/gcp-billing/usage.ts'
import { GCP, gcpObject } from '#test/support/cloud-bills.ts'

test.each([
  ['[]', []],
  ['[{"a": "x", "b": 1.50, "c": null, "d": true}]', [{ a: 'x', b: '1.50', c: null, d: 'true' }]],
  ["[{'a': 'x', 'b': -5e-06, 'c': None, 'd': False}]", [{ a: 'x', b: '-5e-06', c: null, d: 'false' }]],
  ["{'it': \"it's\", 'q': 'a\\'b', 'u': '\\xe9\\u00e9'}", { it: "it's", q: "a'b", u: 'éé' }],
  ["[{'amount': Decimal('1.10')}]", [{ amount: '1.10' }]],
  ["array([{'key': 'a'}], dtype=object)", [{ key: 'a' }]],
  ['[1, 2,]', ['1', '2']],
  ['[1 2]', undefined],
  ['{a: 1}', undefined],
  ["{'a': }", undefined],
  ["['a", undefined],
  ['[] []', undefined],
  ['__import__("os")', undefined],
  ['['.repeat(100), undefined],
])('%s is read', (text, value) => expect(parseLiteral(text)).toEqual(value))

test('numbers in JSON keep every digit', () => {
  expect(parseExactJson('{"cost": 0.123456789012345678901, "n": [1E-7, true]}')).toEqual({
    cost: '0.123456789012345678901',
    n: ['1E-7', 'true'],
  })
})

async function split(text: string, size = 7) {
  async function* bytes() {
    const buffer = Buffer.from(text)
    for (let at = 0; at < buffer.length; at += size) yield buffer.subarray(at, at + size)
  }
  const objects: { text: string; line: number }[] = []
  const faults: { line: number; reason: string; text: string }[] = []
  for await (const batch of jsonObjects(bytes(), 'f.json')) {
    objects.push(...batch.objects)
    faults.push(...batch.faults)
  }
  return {
    objects: objects.map(({ text: one, line }) => [line, JSON.parse(one)]),
    faults: faults.map(({ line, reason }) => [line, reason]),
  }
}

test.each([
  [
    'lines',
    '{"a":1}\n{"a":2}\n',
    [
      [1, { a: 1 }],
      [2, { a: 2 }],
    ],
    [],
  ],
  ['no newline at the end', '{"a":1}', [[1, { a: 1 }]], []],
  ['a byte order mark', '\uFEFF{"a":1}', [[1, { a: 1 }]], []],
  [
    'pretty-printed, nothing between',
    '{\n "a": [\n {\n"b": 1\n}\n]}\n {"a":\n2}{"a":3}',
    [
      [1, { a: [{ b: 1 }] }],
      [7, { a: 2 }],
      [8, { a: 3 }],
    ],
    [],
  ],
  [
    'a list',
    '[{"a":1},\n{"a":2}]',
    [
      [1, { a: 1 }],
      [2, { a: 2 }],
    ],
    [],
  ],
  [
    'braces and quotes in strings',
    '{"a":"}{\\"\\\\"}\n{"a":2}',
    [
      [1, { a: '}{"\\' }],
      [2, { a: 2 }],
    ],
    [],
  ],
  ['a list of objects at the margin', '{"a":[\n{"b":1},\n{"b":2}\n]}', [[1, { a: [{ b: 1 }, { b: 2 }] }]], []],
  ['a lost brace', '{"a":1\n{"a":2}\n', [[2, { a: 2 }]], [[1, 'ends before its last brace']]],
  ['a lost quote', '{"a":"x}\n{"a":2}\n', [[2, { a: 2 }]], [[1, 'has a quote that is never closed']]],
  ['what is no object', 'hello\n{"a":2}\n', [[2, { a: 2 }]], [[1, 'is no JSON object']]],
  ['an end cut off', '{"a":1}\n{"a":', [[1, { a: 1 }]], [[2, 'is cut off: the file ends inside it']]],
  ['nesting without end', `${'{"a":'.repeat(99)}\n{"a":2}`, [[2, { a: 2 }]], [[1, 'is nested without end']]],
] as const)('objects one after the other: %s', async (_, text, objects, faults) => {
  expect(await split(text)).toEqual({ objects, faults })
  expect(await split(text, 1)).toEqual({ objects, faults })
})

test('an object that never ends is given up within a mebibyte', async () => {
  const { objects, faults } = await split(`{"a":[${'1,'.repeat(800_000)}\n{"a":2}\n`, 65_536)
  expect([objects.at(-1), faults[0]]).toEqual([
    [2, { a: 2 }],
    [1, 'does not end within a mebibyte'],
  ])
})

test('any objects come back from any of the three notations, however the bytes are cut', async () => {
  const value = fc.dictionary(
    fc.string({ maxLength: 4 }).filter((name) => name !== '__proto__'),
    fc.jsonValue({ maxDepth: 3, noUnicodeString: false }),
    { maxKeys: 4 },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(value, { maxLength: 5 }),
      fc.constantFrom(0, 1),
      fc.constantFrom('\n', ',\n', '\n\n'),
      fc.integer({ min: 1, max: 40 }),
      async (values, indent, between, size) => {
        const text = values.map((one) => JSON.stringify(one, null, indent)).join(between)
        fc.pre(!/[\uFFFD\0]/u.test(text) && text !== '')
        const got = await split(text, size)
        expect(got.faults).toEqual([])
        expect(got.objects.map(([, one]) => one)).toEqual(values.map((one) => JSON.parse(JSON.stringify(one))))
      },
    ),
    { numRuns: 200 },
  )
})

test.each([
  [{ type: 'COMMITTED_USAGE_DISCOUNT' }, true],
  [{ type: 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE' }, true],
  [{ type: 'SUSTAINED_USAGE_DISCOUNT' }, true],
  [{ type: 'SUSTAINED_USE_DISCOUNT' }, true],
  [{ type: 'SPENDING_BASED_DISCOUNT' }, true],
  [{ type: 'DISCOUNT' }, true],
  [{ type: 'FREE_TIER' }, true],
  [{ type: 'RESELLER_MARGIN' }, true],
  [{ type: 'FEE_UTILIZATION_OFFSET' }, true],
  [{ type: 'PROMOTION', name: 'Discount week' }, false],
  [{ type: 'SOMETHING_NEW' }, false],
  [{ name: 'Sustained Usage Discount' }, true],
  [{ name: 'Committed Usage Discount: RAM' }, true],
  [{ name: 'FreeTrial:Credit-1' }, false],
  [{ name: 'Promotional discount' }, false],
  [{}, false],
])('the credit %j is part of the price: %s', (credit, rate) => expect(isRateCredit(credit)).toBe(rate))

test.each([
  ['Commitment v1: Gpu in Americas for 1 Year', true],
  ['commitment v1: ram in americas for 3 year', true],
  ['N1 Standard Instance Ram running in Americas', false],
])('%s is a fee: %s', (sku, fee) => expect(isCommitmentFee(sku)).toBe(fee))

const spec = {
  'compute.googleapis.com/machine_spec': 'a3-highgpu-8g',
  'compute.googleapis.com/cores': '208',
  'compute.googleapis.com/memory': '1024',
}
test.each([
  // amount, unit, SKU, labels, hours of the span → hours
  ['3600', 'seconds', 'Nvidia H100 GPU', {}, 1, '1'],
  ['1800', 'seconds', 'Nvidia H100 GPU', spec, 1, '0.5'],
  ['28800', 'seconds', 'Nvidia H100 GPU', spec, 1, '1'],
  ['14400', 'seconds', 'Nvidia H100 GPU', spec, 1, '0.5'],
  ['14400', 'seconds', 'Nvidia H100 GPU', {}, 1, '4'],
  ['374400', 'seconds', 'A3 Instance Core running', spec, 1, '0.5'],
  ['1.5', 'hour', 'A machine', {}, 24, '1.5'],
  ['90', 'minutes', 'A machine', {}, 24, '1.5'],
  [`${1024 * 1048576 * 1800}`, 'byte-seconds', 'A3 Instance Ram running', spec, 1, '0.5'],
  ['5000', 'byte-seconds', 'A3 Instance Ram running', {}, 1, null],
  ['5000', 'byte-seconds', 'Storage PD Capacity', spec, 1, null],
  ['3', 'gibibyte', 'Egress', spec, 1, null],
])('%s %s of %s', (amount, unit, skuName, systemLabels, spanHours, hours) => {
  expect(hoursOf({ amount, unit, skuName, systemLabels, spanHours })).toBe(hours)
})

const mapper = () => new GcpMapper({ file: 'f', currency: undefined, period: undefined, resourceLabel: undefined })
const rowOf = (more: Record<string, string>) => {
  const cells = { ...GCP, ...more }
  return tableRow(new TableColumns(Object.keys(cells)), Object.values(cells), 7)
}
function factsOf(more: Record<string, string>) {
  const got = mapper().map(rowOf(more))
  if (!Array.isArray(got)) throw new Error(`${got.column}: ${got.reason}`)
  return got.map(({ fact, part }) => ({ ...fact, billed: fact.stored!.billed, effective: fact.stored!.effective, part }))
}

const PROMOTION = "{'name': 'Trial', 'amount': -3, 'type': 'PROMOTION', 'full_name': 'Free trial'}"
const SUSTAINED = '{"name":"Sustained","amount":-20.5,"type":"SUSTAINED_USAGE_DISCOUNT"}'
// [more, lines of: category, class, status, commitment, billed, effective]
test.each([
  ['usage', {}, [['Usage', null, null, null, '80', '80']]],
  ['a rate credit', { credits: `[${SUSTAINED}]` }, [['Usage', null, null, null, '59.5', '59.5']]],
  [
    'a promotion beside it',
    { credits: `[${SUSTAINED},${PROMOTION}]` },
    [
      ['Usage', null, null, null, '59.5', '59.5'],
      ['Credit', null, null, null, '-3', '-3'],
    ],
  ],
  ['tax', { cost_type: 'tax', 'usage.amount': '' }, [['Tax', null, null, null, '80', '80']]],
  ['an adjustment', { cost_type: 'adjustment', cost: '-4e-2' }, [['Adjustment', 'Correction', null, null, '-0.04', '-0.04']]],
  ['rounding', { cost_type: 'rounding_error', cost: '0.01' }, [['Adjustment', 'Correction', null, null, '0.01', '0.01']]],
  ['a commitment’s fee', { 'sku.description': 'Commitment v1: Gpu in Americas' }, [['Purchase', null, null, 'SKU-1', '80', '80']]],
  [
    'a fee less what was used of it',
    {
      'sku.description': 'Commitment - dollar based',
      credits: '[{"type":"FEE_UTILIZATION_OFFSET","amount":-70}]',
      'subscription.instance_id': 'sub-9',
    },
    [['Usage', null, 'Unused', 'sub-9', '10', '10']],
  ],
] as const)('%s', (_, more, expected) => {
  const facts = factsOf(more)
  expect(
    facts.map((line) => [line.chargeCategory, line.chargeClass, line.commitmentStatus, line.commitmentId, line.billed, line.effective]),
  ).toEqual(expected)
  expect(facts.map(({ part }) => part)).toEqual(expected.map((_line, i) => (i === 0 ? undefined : true)))
})

test('an hour of eight GPUs', () => {
  expect(factsOf({})[0]).toMatchObject({
    charge: { start: Date.UTC(2026, 5, 10), end: Date.UTC(2026, 5, 10, 1) },
    billingPeriod: { start: Date.UTC(2026, 5, 1), end: Date.UTC(2026, 6, 1) },
    billingAccount: 'AAAA-1',
    subAccount: 'llm',
    resourceId: '//compute.googleapis.com/projects/llm/zones/us-central1-a/instances/4711',
    resourceType: 'instances',
    instanceType: 'a3-highgpu-8g',
    region: 'us-central1',
    consumedUnit: 'Hours',
    tags: { team: 'a', 'compute.googleapis.com/machine_spec': 'a3-highgpu-8g' },
    stored: { consumedQuantity: '1', pricingQuantity: '8' },
  })
})

test('the invoice’s month is the period, not the usage’s', () => {
  expect(factsOf({ 'invoice.month': '202607' })[0]?.billingPeriod.start).toBe(Date.UTC(2026, 6, 1))
  expect(factsOf({ 'invoice.month': '' })[0]?.billingPeriod.start).toBe(Date.UTC(2026, 5, 1))
})

test.each([
  [{ cost: '' }, 'cost', '', 'empty'],
  [{ cost: '12,5' }, 'cost', '12,5', 'not a decimal number'],
  [{ credits: '[{' }, 'credits', '[{', 'neither a JSON nor a Python list of records'],
  [{ credits: '[{"amount":"x"}]' }, 'credits.amount', 'x', 'not a decimal number'],
  [{ usage_start_time: 'x' }, 'usage_start_time', 'x', 'not a date and time'],
  [{ usage_end_time: GCP.usage_start_time! }, 'usage_end_time', '2026-06-10T00:00:00.000Z', 'not after usage_start_time'],
  [{ currency: 'dollars' }, 'currency', 'dollars', 'not a currency code of three capital letters'],
  [{ cost_type: 'gift' }, 'cost_type', 'gift', 'not a cost type of Google Cloud'],
  [{ cost_type: 'constructor' }, 'cost_type', 'constructor', 'not a cost type of Google Cloud'],
  [{ 'invoice.month': '202613' }, 'invoice.month', '202613', 'not a month written YYYYMM'],
  [{ 'usage.amount': 'x' }, 'usage.amount', 'x', 'not a decimal number'],
  [{ labels: '{' }, 'labels', '{', 'not a list of keys and values'],
])('%j is rejected at its column', (more, column, value, reason) => {
  expect(mapper().map(rowOf(more))).toMatchObject({ file: 'f', line: 7, column, value, reason })
})

test('a reject keeps what could be read: its bill and its money', () => {
  expect(mapper().map(rowOf({ labels: '{', credits: `[${SUSTAINED},${PROMOTION}]` }))).toMatchObject({
    currency: 'USD',
    billed: '56.5',
    effective: '56.5',
    billingAccount: 'AAAA-1',
    billingPeriod: '2026-06-01',
  })
})

test('dots, underscores, records in cells and nested objects say the same', () => {
  const credits = `[${SUSTAINED}]`
  const seen = (got: ReturnType<GcpMapper['map']>) => {
    if (!Array.isArray(got)) throw new Error(got.reason)
    const { tags, resourceId, serviceName, skuId, subAccount, region, charge, billingPeriod, stored } = got[0]!.fact
    return {
      tags,
      resourceId,
      serviceName,
      skuId,
      subAccount,
      region,
      charge,
      billingPeriod,
      billed: stored!.billed,
      hours: stored!.consumedQuantity,
    }
  }
  const dotted = seen(mapper().map(rowOf({ credits })))
  const cells = { ...GCP, credits }
  const table = (row: Record<string, string>) => tableRow(new TableColumns(Object.keys(row)), Object.values(row), 2)
  expect(
    seen(mapper().map(table(Object.fromEntries(Object.entries(cells).map(([name, text]) => [name.replaceAll('.', '_'), text]))))),
  ).toEqual(dotted)
  const object = gcpObject({ credits })
  const inCells = Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
  expect(seen(mapper().map(table(inCells)))).toEqual(dotted)
  const nested = parseExactJson(JSON.stringify(object)) as Parameters<typeof objectRow>[0]
  expect(seen(mapper().map(objectRow(nested, 1)))).toEqual(dotted)
})

test('what PostgreSQL cannot hold is replaced, wherever an escape hid it', () => {
  const object = parseExactJson(
    '{"a\\u0000b": "x", "labels": [{"key": "k\\u0000", "value": "\\ud800"}], "sku": {"description": "s\\u0000"}}',
  )
  const got = mapper().map(objectRow({ ...(parseExactJson(JSON.stringify(gcpObject())) as object), ...(object as object) }, 1))
  if (!Array.isArray(got)) throw new Error(got.reason)
  const { tags, description, extra } = got[0]!.fact
  expect([tags['k\uFFFD'], description, extra['a\uFFFDb']]).toEqual(['\uFFFD', 's\uFFFD', 'x'])
})

test('a list flattened to one credit a row is one credit', () => {
  const { credits: _, ...rest } = GCP
  const row = { ...rest, credits_amount: '-3', credits_type: 'PROMOTION', credits_name: 'p' }
  const got = mapper().map(tableRow(new TableColumns(Object.keys(row)), Object.values(row), 2))
  expect(Array.isArray(got) && got.map(({ fact }) => fact.stored!.billed)).toEqual(['80', '-3'])
})

test.each([
  ['ServiceName', 'Compute Engine'],
  ['service.description', 'Compute Engine'],
  ['AvailabilityZone', 'us-central1-a'],
  ['tag:team', 'a'],
  ['SubAccountId', 'llm'],
  ['Nothing', undefined],
  ['constructor', undefined],
  ['tag:constructor', undefined],
])('rules ask for %s and get %j', (name, expected) => {
  const got = mapper().map(rowOf({}))
  expect(Array.isArray(got) && got[0]!.fact.column(name)).toBe(expected)
})

import { expect, test } from 'vitest'
import { parseExposition } from '#collectors/telemetry/exposition/parse.ts'
import { ExpositionReader } from '#collectors/telemetry/exposition/reader.ts'

const parse = (text: string, openMetrics = false) => parseExposition(text, { openMetrics })
const only = (text: string, openMetrics = false) => {
  const { samples, rejects } = parse(text, openMetrics)
  expect(rejects).toEqual([])
  expect(samples).toHaveLength(1)
  const { series, value, timeMs } = samples[0]!
  return { name: series.name, labels: { ...series.labels }, value, timeMs }
}

const VALUES: [text: string, value: number][] = [
  ['0', 0],
  ['-0', -0],
  ['+7', 7],
  ['1.5', 1.5],
  ['.5', 0.5],
  ['5.', 5],
  ['3.675428e+06', 3675428],
  ['1e-3', 0.001],
  ['1E22', 1e22],
  ['1e23', 1e23],
  ['0.31326723098754883', 0.31326723098754883],
  ['9223372036854775794', 2 ** 63],
  ['0.1', 0.1],
  ['123456789012345.6', 123456789012345.6],
  ['1e400', Infinity],
  ['+Inf', Infinity],
  ['-Inf', -Infinity],
  ['NaN', Number.NaN],
  ['nan', Number.NaN],
]
test.each(VALUES)('value %s', (text, value) => {
  expect(only(`a ${text}\n`).value).toBe(value)
})

const LINES: [why: string, text: string, name: string, labels: Record<string, string>, timeMs: number | null][] = [
  ['no labels', 'up 1', 'up', {}, null],
  ['no newline at the end', 'up{} 1', 'up', {}, null],
  ['a carriage return', 'up 1\r\n', 'up', {}, null],
  ['blanks everywhere', ' \tup { a = "1" , b = "2" , } \t 1  1700000000000 \n', 'up', { a: '1', b: '2' }, 1700000000000],
  ['no blank behind the brace', 'up{a="1"}1\n', 'up', { a: '1' }, null],
  ['colons', 'vllm:x{a="1"} 1\n', 'vllm:x', { a: '1' }, null],
  ['escapes', 'a{p="C:\\\\dir",q="\\"x\\"",n="a\\nb"} 1\n', 'a', { p: 'C:\\dir', q: '"x"', n: 'a\nb' }, null],
  ['braces and hashes in a value', 'a{p="{}# ,="} 1\n', 'a', { p: '{}# ,=' }, null],
  ['UTF-8 values', 'a{p="Zürich 東京"} 1\n', 'a', { p: 'Zürich 東京' }, null],
  ['quoted names', '{"my.metric","the.label"="x",b="y"} 1\n', 'my.metric', { 'the.label': 'x', b: 'y' }, null],
  ['a negative timestamp', 'a 1 -5\n', 'a', {}, -5],
  ['a label called __proto__', 'a{__proto__="x"} 1\n', 'a', Object.defineProperty({}, '__proto__', { value: 'x', enumerable: true }), null],
]
test.each(LINES)('%s', (_, text, name, labels, timeMs) => {
  expect(only(text)).toMatchObject({ name, value: 1, timeMs })
  expect(Object.entries(only(text).labels)).toEqual(Object.entries(labels))
})

test('OpenMetrics: seconds, exemplars, units, the end', () => {
  const text = '# TYPE a counter\n# UNIT a seconds\na_total{x="1"} 5 1700000000.25 # {trace_id="abc def"} 0.5 1700000000.1\n# EOF\n'
  expect(only(text, true)).toEqual({ name: 'a_total', labels: { x: '1' }, value: 5, timeMs: 1700000000250 })
  expect(parse('a 1\n', true).rejects).toEqual([{ line: 1, column: 1, reason: 'no # EOF at the end: the body was cut off', text: '' }])
  expect(parse('a 1\n# EOF\nb 2\n', true).rejects).toEqual([{ line: 3, column: 1, reason: 'a sample after # EOF', text: 'b 2' }])
})

const MALFORMED: [line: string, column: number, reason: RegExp][] = [
  ['a', 2, /without a value/],
  ['a{x="1"}', 9, /without a value/],
  ['a b', 3, /not a number/],
  ['a 1_000', 3, /not a number/],
  ['a 0x10', 3, /not a number/],
  ['a 1e', 3, /not a number/],
  ['a 1 x', 5, /timestamp in milliseconds/],
  ['a 1 1.5', 5, /timestamp in milliseconds/],
  ['a 1 1700000000000 2', 19, /something stands behind/],
  ['1a 1', 1, /no metric name/],
  ['a-b 1', 1, /no metric name/],
  ['=x 1', 1, /metric name/],
  ['{a="1"} 1', 7, /without a name/],
  ['{} 1', 2, /without a name/],
  ['{"",a="1"} 1', 2, /without a name/],
  ['a{x="1" 2', 9, /expected , or }/],
  ['a{x="1 2', 9, /does not end/],
  ['a{x=1} 2', 5, /not quoted/],
  ['a{x} 2', 4, /expected =/],
  ['a{"x"} 2', 6, /expected =/],
  ['a{0x="1"} 2', 3, /no label name/],
  ['a{x="1",,y="2"} 2', 9, /no label name/],
  ['a{x="1"y="2"} 2', 8, /expected , or }/],
  ['a{x="1",x="2"} 2', 9, /stands twice/],
  ['a{x="\\t"} 2', 6, /is no escape/],
  ['a 1 # {x="1} 2', 15, /does not end/],
  ['a 1 # x', 5, /labels of an exemplar/],
  ['a 1 # {} x', 10, /exemplar without a number/],
  ['# TYPE a thing', 10, /no metric type/],
  ['# TYPE a', 9, /no metric type/],
  ['# TYPE 0a gauge', 8, /no metric name/],
  ['# HELP', 7, /without a metric name/],
]
test.each(MALFORMED)('%s is rejected at column %i, its neighbours are kept', (line, column, reason) => {
  const { samples, rejects, rejected } = parse(`before 1\n${line}\nafter 2\n`)
  expect(samples.map((sample) => sample.series.name)).toEqual(['before', 'after'])
  expect(rejected).toBe(1)
  expect(rejects).toEqual([{ line: 2, column, reason: expect.stringMatching(reason), text: line }])
})

test('bytes that are no UTF-8', () => {
  const body = Buffer.concat([Buffer.from('a{x="'), Buffer.from([0xff, 0xfe]), Buffer.from('"} 1\nb 2\n')])
  const { samples, rejects } = parseExposition(body)
  expect(samples.map((sample) => sample.series.name)).toEqual(['b'])
  expect(rejects[0]).toMatchObject({ line: 1, column: 5, reason: 'text is not UTF-8' })
})

test('what may stand once in a scrape', () => {
  expect(parse('a 1\na 2\n').rejects).toMatchObject([{ line: 2, column: 1, reason: 'the series stands twice in one scrape' }])
  expect(parse('# TYPE a gauge\n# TYPE a counter\na 1\n').rejects).toMatchObject([{ line: 2, reason: 'a second TYPE line for a' }])
  expect(parse('a 1\n# TYPE a gauge\n').rejects).toMatchObject([{ line: 2, reason: 'the TYPE line of a comes after its samples' }])
  // A series with timestamps may: that is how history is served.
  expect(parse('a 1 1\na 2 2\n').samples.map((sample) => sample.value)).toEqual([1, 2])
})

test('limits: labels and names reject a line, bytes, samples and series refuse the scrape', () => {
  const limited = (text: string, limits: object) => parseExposition(text, { limits })
  expect(limited('a{x="1",y="2"} 1\nb 1\n', { labels: 1 }).rejects).toMatchObject([{ line: 1, column: 9, reason: 'more than 1 labels' }])
  expect(limited('abc 1\nb 1\n', { nameLength: 2 }).rejects).toMatchObject([{ line: 1, column: 1 }])
  expect(limited('a{x="12345"} 1\n', { valueLength: 4 }).rejects).toMatchObject([{ line: 1, column: 3 }])
  expect(() => limited('a 1\nb 1\n', { bytes: 7 })).toThrow(/8 bytes is more than the limit of 7/)
  expect(() => limited('a 1\nb 1\n', { samples: 1 })).toThrow(/limit of 1 samples/)
  expect(() => limited('a 1\nb 1\n', { series: 1 })).toThrow(/limit of 1 series/)
  const many = limited('!\n'.repeat(50), { rejects: 3 })
  expect([many.rejected, many.rejects.length]).toEqual([50, 3])
})

test('a second scrape opens nothing again, in whatever order its lines come, and sees new series', () => {
  const opened: string[] = []
  const values: [string, number][] = []
  const reader = new ExpositionReader<string>({
    open: (name, labels) => {
      opened.push(name)
      return name === 'ignored' ? null : `${name}${labels.x ?? ''}`
    },
    add: (name, value) => values.push([name, value]),
  })
  const read = (text: string) => reader.read(Buffer.from(text), 1000)
  read('# TYPE a gauge\na{x="1"} 1\na{x="12"} 2\nignored 9\nb 3\n')
  read('b 4\na{x="12"} 5\n\n# TYPE a gauge\na{x="1"} 6\nc 7\nignored x\n')
  expect(opened).toEqual(['a', 'a', 'ignored', 'b', 'c'])
  expect(values).toEqual([
    ['a1', 1],
    ['a12', 2],
    ['b', 3],
    ['b', 4],
    ['a12', 5],
    ['a1', 6],
    ['c', 7],
  ])
})

test('lines across the windows of a long body are whole', () => {
  const line = (i: number) => `metric_with_some_length{number="${i}",text="${'x'.repeat(90)}"} ${i} 1700000000000\n`
  const count = 20_000
  const { samples, rejected } = parse(Array.from({ length: count }, (_, i) => line(i)).join(''))
  expect([samples.length, rejected]).toEqual([count, 0])
  expect(samples.every((sample, i) => sample.value === i && sample.series.labels.number === String(i))).toBe(true)
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { unitSuffix } from '#collectors/agent/cell.ts'
import { readTable } from '#collectors/agent/csv.ts'
import { parseSmiCsv, parseSmiXml } from '#collectors/agent/index.ts'
import { publish, render } from '#collectors/agent/metrics.ts'

const uuid = fc.uuid().map((text) => `GPU-${text}`)
const field = fc.stringMatching(/^[a-z]{1,8}(\.[a-z]{1,8}){0,2}$/)
const unit = fc.constantFrom(null, '%', 'MiB', 'MHz', 'W', 'us')
const value = fc.oneof(
  fc.nat({ max: 1_000_000 }).map(String),
  fc.tuple(fc.nat({ max: 9_999 }), fc.nat({ max: 99 })).map(([a, b]) => `${a}.${String(b).padStart(2, '0')}`),
  fc.constantFrom('[N/A]', 'N/A', '[Not Supported]', 'ERR!', 'Enabled', 'P8', '0x1F', ''),
)
const table = fc
  .uniqueArray(
    field.filter((name) => name !== 'uuid'),
    { minLength: 1, maxLength: 12 },
  )
  .chain((fields) =>
    fc.record({
      columns: fc.tuple(...fields.map((name) => fc.record({ name: fc.constant(name), unit }))),
      rows: fc.uniqueArray(fc.tuple(uuid, fc.tuple(...fields.map(() => value))), { selector: ([id]) => id, minLength: 1, maxLength: 4 }),
    }),
  )

const written = ({ columns, rows }: { columns: { name: string; unit: string | null }[]; rows: [string, string[]][] }) =>
  [
    ['uuid', ...columns.map((column) => (column.unit ? `${column.name} [${column.unit}]` : column.name))],
    ...rows.map(([id, cells]) => [
      id,
      ...cells.map((cell, at) => (/^\d/.test(cell) && columns[at]!.unit ? `${cell} ${columns[at]!.unit}` : cell)),
    ]),
  ]
    .map((line) => `${line.join(', ')}\n`)
    .join('')

it('any table of fields reads back as it was written', () => {
  fc.assert(
    fc.property(table, (made) => {
      const text = written(made)
      const read = readTable(text, 'x')
      expect(read.rejects).toEqual([])
      const again = [read.rows[0]!.cells.map(({ column }) => column.title), ...read.rows.map(({ cells }) => cells.map((cell) => cell.text))]
      expect(again.map((line) => `${line.join(', ')}\n`).join('')).toBe(text)
    }),
  )
})

it('every number written is published once in base units, and nothing else is', async () => {
  const base: Record<string, number> = { '%': 1e-2, MiB: 1_048_576, MHz: 1e6, W: 1, us: 1e-6 }
  await fc.assert(
    fc.asyncProperty(table, async (made) => {
      const gpus = readTable(written(made), 'x').rows.map(({ cells }) => ({ uuid: cells[0]!.text.slice(4), cells }))
      const { families, rejected } = publish({ gpus, apps: [], mig: [], cudaVersion: '', rejects: [] })
      const samples = families.flatMap((family) => family.samples.map((sample) => ({ ...sample, name: family.name })))
      expect(samples.every((sample) => Number.isFinite(sample.value))).toBe(true)
      const numbers = samples.filter(({ name }) => !/_(info|apps)$/.test(name))
      let expected = 0
      for (const [id, cells] of made.rows)
        for (const [at, cell] of cells.entries()) {
          const { name, unit: own } = made.columns[at]!
          const title = `nvidia_smi_${name.replaceAll('.', '_')}${unitSuffix(own)}`
          if (/^(name|serial|timestamp|hostname)$/.test(name) || !/^[\dEP]/.test(cell) || cell === 'ERR!' || cell === 'P8') continue
          expected++
          if (/^\d+(\.\d+)?$/.test(cell)) {
            const found = numbers
              .filter((sample) => sample.name === title && sample.labels.uuid === id.slice(4))
              .map((sample) => sample.value)
            const wanted = Number(cell) * (base[own ?? ''] ?? 1)
            expect(found.some((one) => Math.abs(one - wanted) <= Math.abs(wanted) * 1e-12)).toBe(true)
          }
        }
      expect(numbers.length + rejected.length).toBe(expected)
      await render(families)
    }),
    { numRuns: 200 },
  )
})

it('no text makes the readers throw or lose a line without saying so', () => {
  const scrap = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('<gpu>', '</gpu>', '<!--', '-->', '&#0;', '<![CDATA[', '\n', ', ', 'uuid'),
  )
  fc.assert(
    fc.property(fc.array(scrap, { maxLength: 30 }), (parts) => {
      const text = parts.join('')
      parseSmiXml(text)
      const { readings, rejects } = parseSmiCsv(text)
      const lines = text.split('\n').filter((line) => line.trim() !== '').length
      expect(readings.length + rejects.length).toBeLessThanOrEqual(lines)
    }),
  )
})

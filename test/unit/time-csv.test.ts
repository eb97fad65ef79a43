import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { timeCsv } from '#collectors/time/time-csv/index.ts'
import { mapRow } from '#collectors/time/time-csv/map.ts'

const mapped = (cells: Record<string, string>) => mapRow({ id: '1', person: 'ada', ...cells })

describe('a row', () => {
  test('hours on a date; tags apart; unknown columns kept', () => {
    const result = mapped({ date: '2026-06-01', hours: '1.25', tags: 'gpu; on-call;', project: 'fleet', mood: 'tired', issue: '' })
    expect('entry' in result && result.entry).toMatchObject({
      id: '1',
      localDate: '2026-06-01',
      interval: null,
      tags: ['gpu', 'on-call'],
      project: 'fleet',
      issue: null,
      extra: { mood: 'tired' },
    })
    if (!('entry' in result)) throw new Error('no entry')
    expect(result.entry.hours!.toFixed()).toBe('1.25')
    expect([
      result.entry.column('tags'),
      result.entry.column('mood'),
      result.entry.column('issue'),
      result.entry.column('nothing'),
    ]).toEqual([['gpu', 'on-call'], 'tired', undefined, undefined])
  })

  test('start and end with offsets; without a date it is that of the start', () => {
    const result = mapped({ start: '2026-06-01T09:00:00+02:00', end: '2026-06-01T10:30:00+02:00' })
    expect('entry' in result && result.entry).toMatchObject({
      localDate: '2026-06-01',
      hours: null,
      interval: { start: Date.parse('2026-06-01T07:00:00Z'), end: Date.parse('2026-06-01T08:30:00Z') },
    })
  })

  test.each([
    [{ id: '', date: '2026-06-01', hours: '1' }, 'id', null, 'is empty'],
    [{ person: '', date: '2026-06-01', hours: '1' }, 'person', null, 'is empty'],
    [{ date: '2026-06-01' }, 'hours', null, 'is empty, and so are start and end'],
    [{ hours: '1' }, 'date', null, 'is empty: hours need their date'],
    [{ date: '2026-02-30', hours: '1' }, 'date', '2026-02-30', 'not a date: write YYYY-MM-DD'],
    [{ date: '01/06/2026', hours: '1' }, 'date', '01/06/2026', 'not a date: write YYYY-MM-DD'],
    [{ date: '2026-06-01', hours: '1,5' }, 'hours', '1,5', 'not a decimal number'],
    [{ date: '2026-06-01', hours: '-1' }, 'hours', '-1', 'below zero'],
    [{ date: '2026-06-01', hours: '25' }, 'hours', '25', 'more than the 24 hours of a day'],
    [
      { date: '2026-06-01', hours: '1', start: '2026-06-01T09:00Z' },
      'start',
      '2026-06-01T09:00Z',
      'stands beside hours: give hours, or start and end',
    ],
    [{ start: '2026-06-01T09:00Z' }, 'end', null, 'is empty: start and end come together'],
    [{ start: '09:00', end: '10:00' }, 'start', '09:00', 'not an instant: write it like 2026-06-01T09:00:00+02:00'],
    [{ start: '2026-06-01', end: '2026-06-02' }, 'start', '2026-06-01', 'not an instant: write it like 2026-06-01T09:00:00+02:00'],
    [{ start: '2026-06-01T09:00Z', end: '2026-06-01T09:00Z' }, 'end', '2026-06-01T09:00Z', 'not after start'],
    [{ start: '2026-06-01T09:00Z', end: '2027-06-01T09:00Z' }, 'end', '2027-06-01T09:00Z', 'more than 31 days after start'],
  ])('%j is refused for its %s', (cells, column, value, reason) => expect(mapped(cells)).toEqual({ fault: { column, value, reason } }))
})

describe('a file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'time-csv-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function read(content: string | Buffer) {
    const file = path.join(folder, 'time.csv')
    await writeFile(file, content)
    const reading = await timeCsv.open({ name: 'time.csv', path: file, sha256: '', bytes: content.length }, {}, { scratchDir: folder })
    const all = { rows: [] as { line: number; id: string }[], rejects: [] as object[] }
    for await (const { rows, rejects } of reading.portions) {
      all.rows.push(...rows.map(({ line, fact }) => ({ line, id: fact.id })))
      all.rejects.push(...rejects)
    }
    return all
  }

  const CSV = [
    'id,Person,date,hours,tags,note',
    'a,ada,2026-06-01,1,gpu,"two',
    'lines"',
    'b,bo,2026-06-01,x,,',
    'c,bo,2026-06-01',
    'd,bo,2026-06-01,2,,',
  ].join('\n')

  test.each([
    ['plain', CSV],
    ['with BOM and CRLF', `\uFEFF${CSV.replaceAll('\n', '\r\n')}`],
    ['gzip', gzipSync(CSV)],
  ])('%s: rows and rejects know their lines', async (_, content) => {
    const { rows, rejects } = await read(content)
    expect(rows).toEqual([
      { line: 2, id: 'a' },
      { line: 6, id: 'd' },
    ])
    expect(rejects).toMatchObject([
      { line: 5, column: null },
      { line: 4, column: 'hours', value: 'x', reason: 'not a decimal number' },
    ])
  })

  test.each([
    ['no id', 'person,date,hours\na,2026-06-01,1\n', /has no id/],
    ['neither hours nor start and end', 'id,person,date\n1,a,2026-06-01\n', /has no hours \(or start and end\)/],
    ['hours without dates', 'id,person,hours\n1,a,1\n', /has no date/],
    ['semicolons', 'id;person;date;hours\n', /semicolons/],
    ['nothing', '', /empty/],
  ])('refused whole: %s', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message)
  })
})

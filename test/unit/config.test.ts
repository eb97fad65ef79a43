import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Failure } from '#lib/errors.ts'
import { type Config, readConfig } from '#lib/services/config/read.ts'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-config-'))
})
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true })
  delete process.env.TEST_PAGER_TOKEN
})

const kinds = {
  kinds: ['pager', 'files'],
  settingsOf: (kind: string): z.ZodType<unknown> | undefined =>
    ({ pager: z.strictObject({ token: z.string(), url: z.url().optional() }), files: z.strictObject({ path: z.string() }) })[kind],
}

function read(yaml: string, files: Record<string, string> = {}): Promise<Config> {
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text)
  const file = path.join(folder, 'denominator.yaml')
  fs.writeFileSync(file, yaml)
  return readConfig(file, kinds)
}

async function complaint(
  yaml: string,
  files?: Record<string, string>,
): Promise<{ line: number | undefined; text: string; remedy: string }> {
  const error = await read(yaml, files).then(
    () => undefined,
    (failure: unknown) => failure,
  )
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`)
  expect(error.kind).toBe('usage')
  return { line: error.place.line, text: error.message, remedy: error.remedy }
}

test.each([
  ['an unknown key', 'reporting:\n  currency: EUR\n  colour: red\n', 3, 'unknown key `reporting.colour`'],
  ['an unknown key at the top', 'fleet: {}\nflet: {}\n', 2, 'unknown key `flet`'],
  ['a bad currency', 'reporting:\n  currency: euro\n', 2, 'three capital letters'],
  ['a bad time zone', 'reporting:\n  timezone: Berlin\n', 2, 'not a time zone'],
  ['an unknown kind', 'sources:\n  - name: a\n    kind: fax\n', 3, 'kind `fax` is unknown'],
  ['a missing secret', 'sources:\n  - { name: a, kind: pager, token: "${NO_SUCH_VARIABLE}" }\n', 2, 'NO_SUCH_VARIABLE is not set'],
  ['a missing secret file', 'sources:\n  - { name: a, kind: pager, token: { file: ./nothing } }\n', 2, 'cannot be read'],
  ['an unknown setting', 'sources:\n  - name: a\n    kind: files\n    path: ./x\n    pth: ./y\n', 5, 'unknown key `sources.0.pth`'],
  [
    'a name twice',
    'sources:\n  - { name: a, kind: files, path: x }\n  - { name: a, kind: files, path: y }\n',
    3,
    'two sources are called `a`',
  ],
  ['what is no YAML', 'sources: [\n', 2, ''],
])('%s stops the start with its line', async (_, yaml, line, text) => {
  const found = await complaint(yaml)
  expect(found.line).toBe(line)
  expect(found.text).toContain(text)
  expect(found.remedy).not.toBe('')
})

test.each([
  [
    'a bad date',
    'rates',
    'role,from,currency,standard_per_year,actual_per_year,hours_per_year\nml,2026-02-30,USD,1,2,3\n',
    2,
    'is not a date',
  ],
  [
    'a locale comma',
    'rates',
    'role,from,currency,standard_per_year,actual_per_year,hours_per_year\nml,2026-02-01,USD,"1,5",2,3\n',
    2,
    'not a decimal number',
  ],
  [
    'a row of another width',
    'rates',
    'role,from,currency,standard_per_year,actual_per_year,hours_per_year\nml,2026-02-01\n',
    2,
    'the header has 6',
  ],
])('%s in a table names file, line and column', async (_, key, csv, line, text) => {
  const found = await complaint(`people: { ${key}: ./table.csv }\n`, { 'table.csv': csv })
  expect([found.line, found.text]).toEqual([line, expect.stringContaining(text)])
})

test('one name for two nodes at one time is refused; one after the other is fine', async () => {
  const header = 'node,cluster,alias_kind,alias,from,to\n'
  const clash = await complaint('fleet: { inventory: ./n.csv }', {
    'n.csv': `${header}a,x,hostname,gpu-1,,\nb,x,hostname,GPU-1,2026-01-01,\n`,
  })
  expect([clash.line, clash.text]).toEqual([3, expect.stringContaining('already belongs to a then (line 2)')])
  const config = await read('fleet: { inventory: ./n.csv }', {
    'n.csv': `${header}a,x,hostname,gpu-1,,2026-01-01\nb,x,hostname,gpu-1,2026-01-01,\n`,
  })
  expect(config.inventory?.map((node) => [node.name, node.aliases.length])).toEqual([
    ['a', 1],
    ['b', 1],
  ])
})

test('secrets are resolved for use and hidden from what is stored', async () => {
  process.env.TEST_PAGER_TOKEN = 'very secret'
  const config = await read(
    'sources:\n  - { name: a, kind: pager, token: "${TEST_PAGER_TOKEN}" }\n  - { name: b, kind: pager, token: literal }\n',
  )
  expect(config.sources.map((source) => source.settings.token)).toEqual(['very secret', 'literal'])
  expect(JSON.stringify(config.sources.map((source) => source.shown))).not.toMatch(/very secret|literal/)
})

test('a reference within a text is resolved, and a password in an address is refused', async () => {
  process.env.TEST_PAGER_TOKEN = 'abc'
  const config = await read('sources:\n  - { name: a, kind: pager, token: "Bearer ${TEST_PAGER_TOKEN}" }\n')
  expect(config.sources[0]?.settings.token).toBe('Bearer abc')
  expect(config.sources[0]?.shown).toEqual({ token: 'Bearer ${TEST_PAGER_TOKEN}' })
  const found = await complaint('sources:\n  - { name: a, kind: pager, token: t, url: "http://user:secret@127.0.0.1/" }\n')
  expect([found.line, found.text]).toEqual([2, 'an address holds a user or password'])
})

test('a configuration that was named must be there', async () => {
  await expect(readConfig(path.join(folder, 'none.yaml'), kinds, true)).rejects.toThrow('there is no such configuration')
})

test('deployments: several matches, device ranges, demand', async () => {
  const config = await read('fleet: { deployments: ./d.csv }', {
    'd.csv':
      'deployment,model,team,match,gpus,demand,from,to,go_live\nchat,m,t,instance=10.0.0.1:8000;namespace=a,0-3,true,2026-01-01,,2026-01-15\nchat,m,t,instance=10.0.0.2:8000,"4,6",,,,\neval,m,t,model_name=x,,false,,,\n',
  })
  expect(config.deployments?.map((one) => [one.name, one.demand, one.matches.map((match) => match.gpus)])).toEqual([
    [
      'chat',
      true,
      [
        [0, 1, 2, 3],
        [4, 6],
      ],
    ],
    ['eval', false, [[]]],
  ])
  expect(config.deployments?.[0]?.matches[0]?.labels).toEqual({ instance: '10.0.0.1:8000', namespace: 'a' })
})

test('no file is an empty configuration, so that a first start works', async () => {
  expect(await readConfig(path.join(folder, 'none.yaml'), kinds)).toEqual({
    file: null,
    reporting: { currency: 'USD', timezone: 'UTC' },
    sources: [],
  })
})

// The agent over real captures of nvidia-smi, against what nvidia_gpu_exporter says over the same ones.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { smiCommand } from '#collectors/agent/command.ts'
import { smiExporter } from '#collectors/agent/exporter.ts'
import { parseFields } from '#collectors/agent/query.ts'
import { parseSmiCsv, parseSmiXml } from '#collectors/agent/index.ts'
import { answersOf, fakeSmi, migXmlOf, samples, section } from '#test/support/agent-smi.ts'

const missing = !existsSync(samples)
if (missing && process.env.CI) throw new Error(`the samples are missing: ${samples}`)

const read = (...parts: string[]) => readFileSync(path.join(samples, ...parts), 'utf8')
const list = (folder: string, ending: string) =>
  missing ? [] : readdirSync(path.join(samples, folder)).filter((name) => name.endsWith(ending))
const captures = list('nvidia-smi', '.capture.txt')
const PHASES = ['idle', 'load'] as const

async function exposition(capture: string, phase: 'idle' | 'load'): Promise<string> {
  const text = read('nvidia-smi', capture)
  const smi = fakeSmi({ ...answersOf(text, phase), ...(capture.includes('mig') ? { '-q': { out: migXmlOf(text, phase) } } : {}) })
  try {
    return await smiExporter(
      smiCommand(smi.program).run,
      () => new Date(0),
      () => {},
    ).scrape()
  } finally {
    smi.remove()
  }
}

type Sample = { name: string; labels: Record<string, string>; value: number }

/** Samples as `name{sorted labels}`, help by name, type by name. */
function parse(text: string) {
  const samples = new Map<string, number>()
  const help = new Map<string, string>()
  const type = new Map<string, string>()
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (comment) (comment[1] === 'HELP' ? help : type).set(comment[2]!, comment[3]!)
    else if (line !== '') {
      const { name, labels, value } = sample(line)
      const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
      const key = `${name}${JSON.stringify(sorted)}`
      if (samples.has(key)) throw new Error(`${key} is there twice`)
      // Difference 6: the last of 17 digits.
      samples.set(key, Number(value.toPrecision(15)))
    }
  }
  return { samples, help, type }
}

function sample(line: string): Sample {
  const match = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line)
  if (!match) throw new Error(`no sample: ${line}`)
  const labels = [...(match[2] ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value])
  return { name: match[1]!, labels: Object.fromEntries(labels), value: Number(match[3]) }
}

const nameOf = (key: string) => key.slice(0, key.indexOf('['))
/** The deliberate differences of collectors/agent/metrics.ts, by their numbers there. */
const IDENTITY = /^nvidia_smi_(name|serial|driver_version|kmd_version)$/
const BANKS = /^nvidia_smi_remapped_rows_histogram_/
const ADDED = /^nvidia_smi_(collect_duration_seconds|rejected_rows_total|mig_last_collect_success|mig_info|mig_memory_\w+_bytes)$/

describe.skipIf(missing)('exposition over captures (samples folder)', () => {
  for (const capture of captures)
    for (const phase of PHASES)
      it(`${capture} ${phase}`, async () => {
        const golden = parse(read('nvidia_gpu_exporter', capture.replace('.capture.txt', `__${phase}.metrics`)))
        const ours = parse(await exposition(capture, phase))
        const expected = [...golden.samples]
          .filter(([key]) => !IDENTITY.test(nameOf(key)))
          .map(([key, value]) => [key.replace(BANKS, 'nvidia_smi_remapped_rows_banks_'), value] as const)
        const got = [...ours.samples].filter(([key]) => !ADDED.test(nameOf(key)))
        expect(new Map(got)).toEqual(new Map(expected))
        expect(expected.length).toBeGreaterThan(70)
        for (const [name, type] of golden.type) {
          if (IDENTITY.test(name) || BANKS.test(name)) continue
          const differs = name.endsWith('_total') ? 'counter' : name.endsWith('_count') ? 'untyped' : type
          expect([name, ours.type.get(name)]).toEqual([name, differs])
          if (/\.| \[/.test(golden.help.get(name)!.split(' ', 2).join(' '))) expect(ours.help.get(name)).toBe(golden.help.get(name))
        }
      })

  it('MIG: memory by GPU instance and identity by device', async () => {
    const { samples: found } = parse(await exposition(captures.find((name) => name.includes('mig'))!, 'load'))
    const mig = [...found].filter(([key]) => key.startsWith('nvidia_smi_mig_memory_total') || key.startsWith('nvidia_smi_mig_info'))
    const uuid = '00000000-0000-0000-0000-000000000000'
    const memory = (id: string) =>
      `nvidia_smi_mig_memory_total_bytes${JSON.stringify([
        ['gpu_instance_id', id],
        ['uuid', uuid],
      ])}`
    expect(mig.filter(([key]) => key.includes('memory'))).toEqual([
      [memory('2'), 40_448 * 1_048_576],
      [memory('3'), 20_096 * 1_048_576],
      [memory('9'), 9_984 * 1_048_576],
      [memory('10'), 9_984 * 1_048_576],
    ])
    expect(
      mig
        .filter(([key]) => key.includes('info'))
        .map(([key]) => JSON.parse(key.slice(key.indexOf('['))))
        .map(Object.fromEntries),
    ).toEqual([
      { compute_instance_id: '0', gpu_instance_id: '2', mig_uuid: uuid, profile: '3g.40gb', uuid },
      { compute_instance_id: '0', gpu_instance_id: '3', mig_uuid: '00000001-0000-0000-0000-000000000001', profile: '2g.20gb', uuid },
      { compute_instance_id: '0', gpu_instance_id: '9', mig_uuid: '00000002-0000-0000-0000-000000000002', profile: '1g.10gb', uuid },
      { compute_instance_id: '0', gpu_instance_id: '10', mig_uuid: '00000003-0000-0000-0000-000000000003', profile: '1g.10gb', uuid },
    ])
    expect([...found.keys()].some((key) => key.startsWith('nvidia_smi_utilization'))).toBe(false)
  })

  it('fields discovered are those that the captures asked for', () => {
    for (const capture of captures) {
      const text = read('nvidia-smi', capture)
      const asked = section(text, 'capabilities :: query-gpu field list').trim().split(/\s+/)
      expect(parseFields(section(text, 'capabilities :: help-query-gpu'))).toEqual(asked)
    }
    const old = parseFields(read('nvidia-smi', 'query-fields-help.txt'))
    expect(old).toContain('clocks_throttle_reasons.hw_slowdown')
    expect(old).toContain('uuid')
  })
})

const promtool = spawnSync('promtool', ['--version']).status === 0
if (!promtool && process.env.CI) throw new Error('promtool is missing: apt-get install prometheus')

describe.skipIf(missing || !promtool)('promtool check metrics (samples folder, promtool installed)', () => {
  for (const capture of captures)
    it(`accepts ${capture}`, async () => {
      const input = await exposition(capture, 'load')
      expect(execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })).toBe('')
    })
})

describe.skipIf(missing)('captures as files (samples folder)', () => {
  const MiB = 1_048_576
  const brief = ({ gpu, localTime, gauges, counters }: ReturnType<typeof parseSmiXml>['readings'][number]) => ({
    gpu: `${gpu.index} ${gpu.model} ${gpu.mig}`.trim(),
    localTime,
    ...Object.fromEntries(gauges.map(({ measure, value }) => [measure, value])),
    counters: counters
      .filter(({ value }) => value > 0)
      .map(({ measure, detail, value }) => `${measure} ${detail} ${value}`.replace('  ', ' ')),
  })

  it.each([
    ['a10g.xml', { gpu: '0 NVIDIA A10G', util: 0, used: 22 * MiB, total: 23_028 * MiB, temp: 17, power: 25.58, counters: [] }],
    ['rtx-3080-v12.xml', { gpu: '0 NVIDIA GeForce RTX 3080', power: 22.78, temp: 31, counters: [] }],
    [
      'rtx-4000-sff-ada-v13.xml',
      {
        gpu: '0 NVIDIA RTX 4000 SFF Ada Generation',
        localTime: '2026-08-06T01:03:40',
        util: 0,
        used: 3_534 * MiB,
        total: 20_475 * MiB,
        temp: 38,
        power: 8.81,
        counters: ['throttle clocks_event_reasons_counters_sw_power_cap_seconds 4251.825415'],
      },
    ],
    ['rtx-4090-driver-535.netdata.xml', { gpu: '0 NVIDIA GeForce RTX 4090' }],
    ['tesla-t4.xml', { gpu: '0 Tesla T4' }],
  ])('%s', (file, expected) => {
    const { readings, rejects } = parseSmiXml(read('nvidia-smi-xml', file), file)
    expect(rejects).toEqual([])
    expect(readings.map(brief)).toEqual([expect.objectContaining(expected)])
  })

  it('every CSV of --query-gpu', () => {
    const files = list('nvidia-smi', '.csv').filter((name) => name.includes('query-gpu') || name.includes('2gpu'))
    expect(files).toHaveLength(7)
    for (const file of files) expect(parseSmiCsv(read('nvidia-smi', file), file).rejects).toEqual([])
    const [busy] = parseSmiCsv(read('nvidia-smi', 'h100-80gb_590_load_query-gpu.csv')).readings.map(brief)
    expect(busy).toMatchObject({ localTime: '2026-07-14T08:12:53.353', util: 100, total: 81_559 * MiB })
    const two = parseSmiCsv(read('nvidia-smi', 'query-2gpu-win-466.63.csv')).readings.map(brief)
    expect(two).toEqual([
      { gpu: '0 NVIDIA GeForce RTX 2080 SUPER', localTime: null, used: 575 * MiB, counters: [] },
      { gpu: '1 Some Other GPU', localTime: null, used: 1_234 * MiB, counters: [] },
    ])
  })
})

import { describe, expect, it } from 'vitest'
import { readCell } from '#collectors/agent/cell.ts'
import { parseSmiCsv, parseSmiXml } from '#collectors/agent/index.ts'
import { metricName } from '#collectors/agent/metrics.ts'
import { parseApps, parseCudaVersion, parseFields, parseMigList } from '#collectors/agent/query.ts'

describe('readCell', () => {
  it.each([
    ['utilization.gpu', '%', '57 %', 0.57, 'a ratio, and not 0.5700000000000001'],
    ['memory.used', 'MiB', '575 MiB', 602_931_200, 'bytes'],
    ['memory.used', 'MiB', '575', 602_931_200, 'nounits: the column says it'],
    ['clocks.max.sm', 'MHz', '1980 MHz', 1.98e9, 'Hz'],
    ['power.draw', 'W', '26.20 W', 26.2, 'W'],
    ['clocks_event_reasons_counters.sw_power_cap', 'us', '200740215 us', 200.740215, 's'],
    ['temperature.gpu', null, '43', 43, '°C'],
    ['gpu_temp', undefined, '-7 C', -7, '°C of the XML'],
    ['remapped_rows.histogram.max', null, '2560 bank(s)', 2560, 'a count with its noun'],
    ['pci.device_id', null, '0x233010DE', 0x233010de, 'hexadecimal'],
    ['pstate', null, 'P8', 8, 'a performance state'],
    ['persistence_mode', null, 'Enabled', 1, 'a flag'],
    ['clocks_event_reasons.gpu_idle', null, 'Not Active', 0, 'a flag'],
    ['compute_mode', null, 'Exclusive_Process', 3, 'an enumeration'],
    ['fabric.state', null, 'Completed', 3, 'an enumeration'],
  ] as const)('%s [%s] %s is %s: %s', (field, unit, text, value, _why) => {
    expect(readCell(field, unit, text)).toEqual({ kind: 'number', value })
  })

  it.each([
    '[N/A]',
    'N/A',
    '[Not Supported]',
    '[Requested functionality has been deprecated]',
    'Requested functionality has been deprecated',
    '[Unknown Error]',
    'Unknown Error',
    'ERR!',
    '[Insufficient Permissions]',
    '[GPU is lost]',
    'GPU is lost',
    '',
  ])('`%s` is no value, never zero', (text) => {
    expect(readCell('power.draw', 'W', text)).toEqual({ kind: 'unknown' })
  })

  it.each([
    ['name', null, 'NVIDIA L40S', 'word', 'a name with a number in it'],
    ['driver_version', null, '595.80', 'word', 'a version is no number'],
    ['serial', null, '1324321002473', 'word', 'nor is a serial number'],
    ['addressing_mode', null, 'None', 'word', 'an enumeration that is not known'],
    ['vbios_version', null, '95.02.66.00.02', 'word', 'more than one point'],
    ['power.draw', 'W', '26.20 kW', 'bad', 'a unit that is not known'],
    ['memory.used', 'MiB', '26 W', 'bad', 'a unit that is not the column’s'],
    ['utilization.gpu', '%', '4294967295 %', 'bad', 'minus one'],
    ['memory.used', 'MiB', '18446744073709551615', 'bad', 'minus one'],
  ] as const)('%s [%s] %s: %s, %s', (field, unit, text, kind, _why) => {
    expect(readCell(field, unit, text).kind).toBe(kind)
  })
})

it.each([
  ['utilization.gpu', '%', 'nvidia_smi_utilization_gpu_ratio'],
  ['memory.used', 'MiB', 'nvidia_smi_memory_used_bytes'],
  ['clocks.current.sm', 'MHz', 'nvidia_smi_clocks_current_sm_clock_hz'],
  ['encoder.stats.averageFps', null, 'nvidia_smi_encoder_stats_average_fps'],
  ['vgpu_driver_capability.heterogenous_multivGPU', null, 'nvidia_smi_vgpu_driver_capability_heterogenous_multiv_gpu'],
  ['remapped_rows.histogram.max', null, 'nvidia_smi_remapped_rows_banks_max'],
  ['some.future', 'furlong', null],
])('metric of %s [%s]', (field, unit, name) => {
  expect(metricName({ field, unit, title: '' })).toBe(name)
})

it.each([
  ['CUDA Version        : 13.2', '13.2', 'up to 595'],
  ['CUDA version : Deprecated, see "CUDA UMD version" instead\nCUDA UMD version : 13.4', '13.4', 'from 610'],
  ['CUDA UMD version : 13.4\nCUDA version : 13.0', '13.4', 'the new name wins'],
  ['NVML version : 580.1', '', 'none'],
])('CUDA version %#: %s', (text, version) => {
  expect(parseCudaVersion(text)).toBe(version)
})

it('fields: the first spelling, and no quoted prose', () => {
  const help = '"name" or "gpu_name"\nThe name.\n"0: Default" means multiple contexts.\n"clocks.current.sm" or "clocks.sm"\n"name"\n'
  expect(parseFields(help)).toEqual(['name', 'clocks.current.sm'])
})

const A = 'GPU-aaaaaaaa-0000-0000-0000-000000000001'

it('processes: commas in names, pids that may not be told, lists that are none', () => {
  const header = 'gpu_uuid, pid, process_name, used_gpu_memory [MiB]'
  expect(parseApps(`${header}\n${A}, 7, run, now, 5 MiB\n${A}, [Insufficient Permissions], [Insufficient Permissions], [N/A]\n`)).toEqual([
    { uuid: 'aaaaaaaa-0000-0000-0000-000000000001', pid: '7', processName: 'run, now', usedMemory: '5 MiB' },
    { uuid: 'aaaaaaaa-0000-0000-0000-000000000001', pid: null, processName: '[Insufficient Permissions]', usedMemory: '[N/A]' },
  ])
  expect(parseApps(`${header}\n`)).toEqual([])
  expect(parseApps('')).toBeNull()
  expect(parseApps(`${header}\nnonsense\n`)).toBeNull()
})

it('MIG list: old and new forms of UUIDs', () => {
  const list = `GPU 0: A100 (UUID: ${A})\n  MIG 1g.5gb Device 0: (UUID: MIG-${A}/7/0)\n  MIG 3g.20gb     Device  1: (UUID: MIG-BBBB)\n`
  const uuid = A.slice(4)
  expect([...parseMigList(list)]).toEqual([
    [`${uuid}/0`, { profile: '1g.5gb', migUuid: `gpu-${uuid}/7/0` }],
    [`${uuid}/1`, { profile: '3g.20gb', migUuid: 'bbbb' }],
  ])
})

describe('parseSmiCsv', () => {
  const header = 'timestamp, uuid, index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], temperature.gpu, power.draw [W]'
  const row = `2026/06/01 10:00:00.250, ${A}, 3, NVIDIA X, 57 %, 10 MiB, 100 MiB, 40, 26.20 W`

  it('a loop of captures appended to each other, Windows line ends', () => {
    const later = `2026/06/01 10:00:05.250, ${A}, 3, NVIDIA X, [N/A], ERR!, 100 MiB, N/A, [Not Supported]`
    const { readings, rejects } = parseSmiCsv([header, row, later, header, row, ''].join('\r\n'), 'gpu.csv')
    expect(rejects).toEqual([])
    expect(readings.map(({ line, localTime }) => [line, localTime])).toEqual([
      [2, '2026-06-01T10:00:00.250'],
      [3, '2026-06-01T10:00:05.250'],
      [5, '2026-06-01T10:00:00.250'],
    ])
    expect(readings[0]).toMatchObject({ file: 'gpu.csv', gpu: { uuid: A, mig: '', index: 3, model: 'NVIDIA X' } })
    expect(readings[0]!.gauges).toEqual([
      { measure: 'util', value: 57 },
      { measure: 'used', value: 10 * 1_048_576 },
      { measure: 'total', value: 100 * 1_048_576 },
      { measure: 'temp', value: 40 },
      { measure: 'power', value: 26.2 },
    ])
    expect(readings[1]!.gauges).toEqual([{ measure: 'total', value: 100 * 1_048_576 }])
  })

  it.each([
    ['no header', row, 1, null, /no header/],
    ['too few values', `${header}\n${row.replace(', 40', '')}`, 2, null, /has 8 values, its header 9/],
    ['a list of processes', `gpu_uuid, pid, used_gpu_memory [MiB]\n${A}, 7, 5 MiB`, 2, 'pid', /process/],
    ['no UUID', `${header}\n${row.replace(A, '[Unknown Error]')}`, 2, 'uuid', /no UUID/],
    ['a day that is none', `${header}\n${row.replace('06/01', '02/31')}`, 2, 'timestamp', /YYYY/],
    ['a wrong unit', `${header}\n${row.replace('26.20 W', '26.20 kW')}`, 2, 'power.draw [W]', /unit kW/],
  ])('%s is a reject with its place', (_, text, line, column, reason) => {
    const { rejects } = parseSmiCsv(text, 'gpu.csv')
    expect(rejects).toEqual([expect.objectContaining({ file: 'gpu.csv', line, column, reason: expect.stringMatching(reason) })])
  })

  it('a wrong unit costs that value only', () => {
    const { readings } = parseSmiCsv(`${header}\n${row.replace('26.20 W', '26.20 kW')}`)
    expect(readings[0]!.gauges.map(({ measure }) => measure)).toEqual(['util', 'used', 'total', 'temp'])
  })
})

describe('parseSmiXml', () => {
  const gpu = (inner: string) =>
    `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "x.dtd">\n<nvidia_smi_log>\n<timestamp>Thu Aug  6 01:03:40 2026</timestamp>\n<attached_gpus>1</attached_gpus>\n<gpu id="0">\n<product_name>NVIDIA &lt;X&gt;</product_name>\n<uuid>${A}</uuid>\n${inner}\n</gpu>\n</nvidia_smi_log>\n`
  const mig = (index: number, instance: number, used: number) =>
    `<mig_device><index>${index}</index><gpu_instance_id>${instance}</gpu_instance_id><fb_memory_usage><total>100 MiB</total><used>${used} MiB</used></fb_memory_usage></mig_device>`

  it.each([
    ['v11', '<power_readings><power_draw>25.58 W</power_draw></power_readings>', 25.58],
    ['v12', '<gpu_power_readings><power_draw>22.78 W</power_draw></gpu_power_readings>', 22.78],
    [
      'v13',
      '<gpu_power_readings><average_power_draw>8.81 W</average_power_draw><instant_power_draw>9 W</instant_power_draw></gpu_power_readings>',
      8.81,
    ],
    [
      'v13 without average',
      '<gpu_power_readings><average_power_draw>N/A</average_power_draw><instant_power_draw>9 W</instant_power_draw></gpu_power_readings>',
      9,
    ],
  ])('power in schema %s', (_, inner, value) => {
    expect(parseSmiXml(gpu(inner)).readings[0]!.gauges).toEqual([{ measure: 'power', value }])
  })

  it('MIG: one reading a GPU instance, compute instances are not added', () => {
    const inner = `<mig_devices>${mig(0, 2, 7)}${mig(1, 2, 8)}${mig(2, 9, 3)}</mig_devices><fb_memory_usage><used>10 MiB</used></fb_memory_usage>`
    const { readings, rejects } = parseSmiXml(gpu(inner))
    expect(rejects).toEqual([])
    const used = readings.map(({ gpu: { mig: id }, gauges }) => [id, gauges.find(({ measure }) => measure === 'used')!.value / 1_048_576])
    expect(used).toEqual([
      ['', 10],
      ['2', 7],
      ['9', 3],
    ])
    expect(readings[0]).toMatchObject({ localTime: '2026-08-06T01:03:40', gpu: { model: 'NVIDIA <X>', index: 0 } })
  })

  it('uncorrected errors are the sum of what is known, and nothing when nothing is', () => {
    const ecc = (sram: string) =>
      `<ecc_errors><volatile><sram_uncorrectable_parity>${sram}</sram_uncorrectable_parity><dram_uncorrectable>${sram}</dram_uncorrectable></volatile></ecc_errors>`
    expect(parseSmiXml(gpu(ecc('2'))).readings[0]!.counters).toEqual([{ measure: 'ecc', detail: '', value: 4 }])
    expect(parseSmiXml(gpu(ecc('N/A'))).readings[0]!.counters).toEqual([])
  })

  it.each([
    ['it breaks off in a tag', gpu('').slice(0, -30), 8, null, /ends inside a tag.*character 47 /],
    ['it breaks off', gpu('').slice(0, -18), 11, null, /ends inside <nvidia_smi_log>, which began on line 3/],
    ['a wrong end', gpu('</fan>'), 9, null, /<\/fan> closes <gpu>.*character 1 /],
    ['an entity', gpu('<x>&bomb;</x>'), 9, null, /&bomb; is no known entity/],
    ['a DTD inside', '<!DOCTYPE a [<!ENTITY b "c">]><a/>', 1, null, /no XML/],
    ['another document', '<html/>', 1, 'html', /not the output/],
    ['no UUID', gpu('').replace(A, 'ERR!'), 8, 'uuid', /no UUID/],
    ['a wrong unit', gpu('\n<fb_memory_usage><used>1 furlong</used></fb_memory_usage>'), 10, 'used', /furlong/],
  ])('%s is a reject with its place', (_, text, line, column, reason) => {
    const { rejects } = parseSmiXml(text, 'a.xml')
    expect(rejects).toEqual([expect.objectContaining({ file: 'a.xml', line, column, reason: expect.stringMatching(reason) })])
  })

  it('documents before one that breaks off are kept', () => {
    const { readings, rejects } = parseSmiXml(gpu('') + gpu('').slice(0, 200))
    expect([readings.length, rejects.length]).toEqual([1, 1])
  })
})

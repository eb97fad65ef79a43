import { expect, test } from 'vitest'
import type { GpuHour } from '#lib/domain/telemetry/gpu-hour.ts'
import { decodeTarget, encodeTarget } from '#lib/ingest/telemetry/codec.ts'
import { type Point, series, steps } from '#test/support/exposition.ts'
import { emptyTarget, fed, feed } from '#test/support/telemetry.ts'

const HOUR = '2026-06-01T10:00:00Z'
const minutes = (mask: bigint): number[] => Array.from({ length: 60 }, (_, m) => m).filter((m) => ((mask >> BigInt(m)) & 1n) === 1n)
const dcgm = (field: string, points: readonly Point[], labels = 'gpu="0",UUID="GPU-a"') => series(`DCGM_FI_DEV_${field}{${labels}}`, points)
const smi = (field: string, points: readonly Point[]) => series(`nvidia_smi_${field}{uuid="1c67088e-9ecb-4564-bb97-6151ecc2ef64"}`, points)
const every = (stepS: number, ...values: (number | string)[]) => steps(HOUR, stepS, values)
const at = (time: string, value: number | string): Point => [`2026-06-01T${time}Z`, value]

/** The only GPU's rows by hour of the day. */
function rows(body: string): Record<string, GpuHour> {
  const { gpus } = fed(body).rows()
  return Object.fromEntries(gpus.map(({ slot, hour }) => [new Date(slot.hourMs).toISOString().slice(11, 13), hour]))
}
const ten = (body: string): GpuHour => rows(body)['10']!

test('seen is the minute of a sample itself, never looked back to (rule 1)', () => {
  const hour = ten(dcgm('GPU_TEMP', [at('10:00:00', 30), at('10:00:59.999', 30), at('10:07:00', 30), at('10:59:59', 30)]))
  expect(minutes(hour.seen)).toEqual([0, 7, 59])
  expect(hour.coveredS).toBe(180)
})

test.each([
  ['N/A in any spelling', 'NaN'],
  ['an unsigned minus one', 4294967295],
  ['no value, 64 bits', '9223372036854775794'],
  ['no value, double', 140737488355328],
  ['more than all', 137],
  ['less than nothing', -1],
  ['infinite', '+Inf'],
])('utilisation that is %s is unknown and counted, and proves no sight', (_, value) => {
  const hour = ten(dcgm('GPU_UTIL', every(60, value, 50)))
  expect([minutes(hour.seen), minutes(hour.utilKnown), minutes(hour.util[10]), hour.bad]).toEqual([[1], [1], [1], 1])
})

test('a minute is the mean of its valid samples, and thresholds include themselves (rules 2 and 3)', () => {
  // Minutes: 0: 0 and 20 -> 10; 1: 0 and 19 -> 9.5; 2: 137 is left out, 50; 3: 1; 4: 0
  const hour = ten(dcgm('GPU_UTIL', every(30, 0, 20, 0, 19, 137, 50, 1, 1, 0, 0)))
  expect(Object.entries(hour.util).map(([threshold, mask]) => [threshold, minutes(mask)])).toEqual([
    ['1', [0, 1, 2, 3]],
    ['5', [0, 1, 2]],
    ['10', [0, 2]],
    ['20', [2]],
    ['30', [2]],
    ['50', [2]],
  ])
  expect([hour.utilMean, hour.utilMax]).toEqual([91 / 9, 50])
})

test('ratios are percent without a rounding of their own: 0.29 is 29, 0.1 is busy', () => {
  const hour = ten(smi('utilization_gpu_ratio', every(60, 0.29, 0.1, 0.0999, 1)))
  expect([hour.utilMax, minutes(hour.util[10])]).toEqual([100, [0, 1, 3]])
})

test('profiling replaces utilisation only where that does not exist', () => {
  const engine = series('DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="0",UUID="GPU-a"}', every(60, 0.9, 0.9))
  expect(minutes(ten(engine).util[50])).toEqual([0, 1])
  expect(minutes(ten(engine + dcgm('GPU_UTIL', every(60, 0, 137))).util[50])).toEqual([])
})

test('loaded: used over used, free and reserved, from 5 % (rule 4)', () => {
  const hour = ten(
    dcgm('FB_USED', every(60, 5, 4.9, 5, 5)) + dcgm('FB_FREE', every(60, 90, 90.1, 95)) + dcgm('FB_RESERVED', every(60, 5, 5, 'NaN', 5)),
  )
  // Minute 2: reserved is no value; minute 3: free is missing.
  expect([minutes(hour.memKnown), minutes(hour.memLoaded)]).toEqual([[0, 1], [0]])
  expect(hour.memTotal).toBe(100 * 1024 * 1024)
})

test('an exporter without reserved memory: its two parts are the whole; one that states the total is believed', () => {
  expect(minutes(ten(dcgm('FB_USED', every(60, 5, 4)) + dcgm('FB_FREE', every(60, 95, 96))).memLoaded)).toEqual([0])
  const hour = ten(smi('memory_used_bytes', every(60, 5, 4)) + smi('memory_total_bytes', every(60, 100, 100)))
  expect([minutes(hour.memKnown), minutes(hour.memLoaded)]).toEqual([[0, 1], [0]])
})

test('energy: the later sample has the increase, a reset counts whole, across a gap too (rule 6)', () => {
  const joules = (wh: number) => wh * 3_600_000
  const found = rows(
    dcgm('TOTAL_ENERGY_CONSUMPTION', [
      at('10:58:00', joules(1000)),
      at('10:59:00', joules(1001)),
      at('11:00:00', joules(1003)),
      at('11:30:00', joules(10)),
      at('14:00:00', joules(25)),
    ]),
  )
  expect(Object.entries(found).map(([hour, row]) => [hour, row.energyWh, row.coveredS])).toEqual([
    ['10', 1, 120],
    ['11', 12, 120],
    ['14', 15, 60],
  ])
})

test('energy without a counter is mean power over the covered minutes; a lone baseline measures nothing', () => {
  const power = dcgm('POWER_USAGE', every(60, 300, 600))
  expect(ten(power).energyWh).toBe(15)
  expect(ten(power + dcgm('TOTAL_ENERGY_CONSUMPTION', every(60, 5_000_000))).energyWh).toBe(15)
})

const XIDS: [why: string, points: Point[], start: number[], standing: [first: number, last: number] | null][] = [
  ['other codes are no evidence', [at('10:00:00', 0), at('10:05:00', 31), at('10:06:00', 43)], [], null],
  ['from its minute to the end of the hour', [at('10:00:00', 0), at('10:05:30', 79)], [5], [5, 59]],
  ['the first sample ever may fail', [at('10:20:00', 48)], [20], [20, 59]],
  ['to before the first other code', [at('10:05:00', 79), at('10:30:00', 79), at('10:31:00', 0)], [5], [5, 30]],
  ['ended within its own minute', [at('10:05:00', 79), at('10:05:30', 0)], [5], null],
  ['a sample on the full minute belongs to the next', [at('10:05:00', 79), at('10:10:00', 13)], [5], [5, 9]],
  ['another failing code begins anew', [at('10:05:00', 79), at('10:40:00', 119)], [5, 40], [5, 59]],
  ['no value says nothing', [at('10:05:00', 79), at('10:10:00', 4294967295)], [5], [5, 59]],
]
test.each(XIDS)('XID: %s (rule 10)', (_, points, start, standing) => {
  const { xid } = ten(dcgm('XID_ERRORS', points))
  const expected = standing === null ? [] : Array.from({ length: standing[1] - standing[0] + 1 }, (_, i) => standing[0] + i)
  expect([minutes(xid.start), minutes(xid.standing)]).toEqual([start, expected])
})

test('silent hours get a row only while a failure stands', () => {
  const standing = rows(dcgm('XID_ERRORS', [at('10:50:00', 79), at('13:10:00', 0)]))
  expect(Object.entries(standing).map(([hour, row]) => [hour, minutes(row.seen).length, minutes(row.xid.standing).length])).toEqual([
    ['10', 1, 10],
    ['11', 0, 60],
    ['12', 0, 60],
    ['13', 1, 10],
  ])
  expect(Object.keys(rows(dcgm('XID_ERRORS', [at('10:50:00', 31), at('13:10:00', 0)])))).toEqual(['10', '13'])
})

test('an exporter that counts errors by code: a rise is that code, what it began with is not', () => {
  const count = (xid: number, points: readonly Point[]) =>
    series(`nvidia_smi_xid_errors_total{uuid="1c67088e-9ecb-4564-bb97-6151ecc2ef64",xid="${xid}"}`, points)
  const hour = ten(smi('temperature_gpu', every(60, 40, 40, 40)) + count(79, [at('10:00:00', 2), at('10:01:00', 2), at('10:02:00', 3)]))
  expect([minutes(hour.xid.start), hour.xid.code, hour.xid.count]).toEqual([[2], 79, 1])
  expect(minutes(ten(smi('temperature_gpu', every(60, 40, 40)) + count(48, [at('10:01:00', 1)])).xid.start)).toEqual([1])
})

test('what repeats once a MIG instance but is the whole GPU’s counts once', () => {
  const instance = (id: number) => `gpu="0",UUID="GPU-a",GPU_I_ID="${id}",GPU_I_PROFILE="1g.10gb"`
  const body = [1, 2, 3]
    .map(
      (id) =>
        dcgm('TOTAL_ENERGY_CONSUMPTION', every(60, 0, 3_600_000), instance(id)) +
        series(`DCGM_FI_PROF_GR_ENGINE_ACTIVE{${instance(id)}}`, every(60, 0.5, 0.5)),
    )
    .join('')
  const { gpus } = fed(body).rows()
  expect(gpus.map(({ gpu, hour }) => [gpu.mig, hour.energyWh, minutes(hour.util[50])])).toEqual([
    ['1', 1, [0, 1]],
    ['2', null, [0, 1]],
    ['3', null, [0, 1]],
  ])
})

test('names, index and pods: lower-case metrics, other spellings, the join of gpu_info', () => {
  const target = fed(
    'dcgm_fi_dev_gpu_util{gpu="3",uuid="GPU-b",hostname="n2",model_name="L40S",exported_namespace="llm",exported_pod="v-0",namespace="mon"} 7\n' +
      'nvidia_smi_utilization_gpu_ratio{uuid="1c67088e-9ecb-4564-bb97-6151ecc2ef64"} 1\n' +
      'nvidia_smi_gpu_info{uuid="1c67088e-9ecb-4564-bb97-6151ecc2ef64",index="5",name="NVIDIA H200"} 1\n',
  )
  expect([...target.gpus.values()].map((gpu) => [gpu.uuid, gpu.index, gpu.model, gpu.timeline.all().map((slot) => slot.pods)])).toEqual([
    ['GPU-b', 3, 'L40S', [['llm/v-0']]],
    ['GPU-1c67088e-9ecb-4564-bb97-6151ecc2ef64', 5, 'NVIDIA H200', [[]]],
  ])
})

test('late, repeated and future samples are told apart, and none of them changes a row', () => {
  const target = fed(dcgm('GPU_UTIL', [at('10:00:00', 50)]))
  target.settle(target.nextHorizon())
  feed(target, dcgm('GPU_UTIL', [at('10:00:00', 90)]))
  feed(target, dcgm('GPU_UTIL', [['2026-05-31T07:59:59Z', 90]]))
  target.admission.limit = Date.parse('2026-06-02T00:00:00Z')
  feed(target, dcgm('GPU_UTIL', [['2026-06-02T00:00:01Z', 90]]))
  expect(target.admission.tally).toEqual({ samples: 1, repeated: 1, late: 1, future: 1, bad: 0 })
  expect(target.rows().gpus.map(({ hour }) => hour.utilMax)).toEqual([50])
})

test('a name that moves to another machine within the hour has a row on each', () => {
  const moves = Date.parse('2026-06-01T10:30:00Z')
  const target = emptyTarget((_, t) => (t < moves ? { node: 1, from: -Infinity, to: moves } : { node: 2, from: moves, to: Infinity }))
  feed(target, dcgm('GPU_UTIL', [at('10:00:00', 50), at('10:29:59', 50), at('10:30:00', 60), at('11:00:00', 70)]))
  expect(target.rows().gpus.map(({ slot, hour }) => [slot.node, minutes(hour.seen)])).toEqual([
    [1, [0, 29]],
    [2, [30]],
    [2, [0]],
  ])
})

test('a failure that stood when its hours were closed still fills the silence, in a successor too', () => {
  let target = fed(dcgm('XID_ERRORS', [at('10:00:00', 79)]))
  feed(target, dcgm('GPU_UTIL', [['2026-06-03T15:00:00Z', 1]], 'gpu="1",UUID="GPU-b"'))
  const bytes = encodeTarget(target, { horizon: target.nextHorizon(), nodeRef: (node) => node, written: () => 'x' })
  target = emptyTarget()
  decodeTarget(target, bytes)
  feed(target, dcgm('XID_ERRORS', [['2026-06-03T16:00:00Z', 0]]))
  const silent = target.rows().gpus.filter(({ gpu, hour }) => gpu.uuid === 'GPU-a' && hour.seen === 0n)
  // 11:00 of the first day to 15:00 of the third.
  expect(silent.map(({ hour }) => minutes(hour.xid.standing).length)).toEqual(Array.from({ length: 53 }, () => 60))
  expect(silent[0]!.slot.hourMs).toBe(Date.parse('2026-06-01T11:00:00Z'))
})

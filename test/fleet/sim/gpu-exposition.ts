// The text that exporters serve. While the clock stands in the past a scrape carries every sample of the clock's window, each with its
// timestamp; at the present it carries one sample a series and no timestamps. Written by template: one prefix a series, built once.
import type { Node, Replica } from './shape.ts'
import { type Sink, type Steps, Writer, EVERY_MINUTE, daysOf, timeTexts } from './text.ts'
import { MINUTE, type Span } from './time.ts'
import { type GpuDay, NO_VALUE, type World } from './world.ts'

type GpuFamily = {
  name: string
  help: string
  type: 'gauge' | 'counter'
  every: keyof Steps
  value: (day: GpuDay, m: number, node: Node) => string
}

const MARKERS = ['9223372036854775794', '4294967295', '137']
const whole = Array.from({ length: 256 }, (_, i) => String(i))

const GPU_FAMILIES: GpuFamily[] = [
  {
    name: 'DCGM_FI_DEV_GPU_UTIL',
    help: 'GPU utilization (in %).',
    type: 'gauge',
    every: 'fast',
    value: (day, m) => (day.util[m] === NO_VALUE ? MARKERS[m % MARKERS.length]! : whole[day.util[m]!]!),
  },
  {
    name: 'DCGM_FI_DEV_FB_USED',
    help: 'Framebuffer memory used (in MiB).',
    type: 'gauge',
    every: 'fast',
    value: (day, m) => (day.used[m] === -1 ? MARKERS[0]! : String(day.used[m])),
  },
  {
    name: 'DCGM_FI_DEV_FB_FREE',
    help: 'Framebuffer memory free (in MiB).',
    type: 'gauge',
    every: 'fast',
    value: (day, m, node) => (day.used[m] === -1 ? MARKERS[0]! : String(node.memoryMiB - RESERVED_MIB - day.used[m]!)),
  },
  {
    name: 'DCGM_FI_DEV_FB_RESERVED',
    help: 'Framebuffer memory reserved (in MiB).',
    type: 'gauge',
    every: 'fast',
    value: () => String(RESERVED_MIB),
  },
  {
    name: 'DCGM_FI_DEV_XID_ERRORS',
    help: 'Value of the last XID error encountered.',
    type: 'gauge',
    every: 'fast',
    value: (day, m) => whole[day.xid[m]!]!,
  },
  {
    name: 'DCGM_FI_DEV_POWER_USAGE',
    help: 'Power draw (in W).',
    type: 'gauge',
    every: 'slow',
    value: (day, m) => `${75 + (day.util[m] === NO_VALUE ? 0 : day.util[m]! * 6)}.${day.gpu.index}21`,
  },
]
export const RESERVED_MIB = 600

const podLabels = (replica: Replica | null): string =>
  replica ? `,container="vllm",namespace="${replica.namespace}",pod="${replica.pod}"` : ''

function gpuLabels(node: Node, day: GpuDay, pod: Replica | null): string {
  const { index, uuid } = day.gpu
  const bus = `00000000:${(0x1b + index * 16).toString(16).toUpperCase().padStart(2, '0')}:00.0`
  return `gpu="${index}",UUID="${uuid}",pci_bus_id="${bus}",device="nvidia${index}",modelName="${node.model}",Hostname="${node.hostname}"${podLabels(pod)}`
}

/** The DCGM exporter of one node over a window. False when it has nothing to say: it is down throughout. */
export async function gpuHistory(world: World, node: Node, window: Span, steps: Steps, sink: Sink): Promise<boolean> {
  const writer = new Writer(sink)
  const days = [...daysOf(window)].map((one) => ({ ...one, gpus: world.gpuDays(node, one.day) }))
  if (!days.some(({ gpus, first, last }) => gpus.some((gpu) => gpu.present.subarray(first, last).some((n) => n > 0)))) return false
  const times = timeTexts(window, node.offset)
  const indexes = [...new Set(days.flatMap(({ gpus }) => gpus.map((gpu) => gpu.gpu.uuid)))]
  for (const family of GPU_FAMILIES) {
    writer.add(`# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`)
    const every = steps[family.every]
    for (const uuid of indexes) {
      for (const { day, first, last, gpus } of days) {
        const gpu = gpus.find((one) => one.gpu.uuid === uuid)
        if (gpu) gpuSeries(writer, family, node, gpu, { day, first, last, every, window, times })
        await writer.drain()
      }
    }
  }
  await writer.drain(true)
  return true
}

type Part = { day: number; first: number; last: number; every: number; window: Span; times: string[] }

function gpuSeries(writer: Writer, family: GpuFamily, node: Node, gpu: GpuDay, part: Part): void {
  const { day, first, last, every, window, times } = part
  const shift = (day - window.from) / MINUTE
  let pod: Replica | null | undefined
  let prefix = ''
  let text = ''
  for (let m = first; m < last; m++) {
    if (gpu.present[m] === 0 || (every > 1 && m % every !== every - 1)) continue
    if (gpu.pod[m] !== pod) {
      pod = gpu.pod[m] ?? null
      prefix = `${family.name}{${gpuLabels(node, gpu, pod)}} `
    }
    if (gpu.present[m] === 3) text += fineMinute(family, node, gpu, m, prefix, day)
    else text += prefix + family.value(gpu, m, node) + times[m + shift]!
  }
  writer.add(text)
}

/** Three samples in the minute: utilisation 5 below, at and 5 above its mean; everything else the same thrice. */
function fineMinute(family: GpuFamily, node: Node, gpu: GpuDay, m: number, prefix: string, day: number): string {
  const mean = gpu.util[m]!
  return [-5, 0, 5]
    .map((delta, i) => {
      const value = family.name.endsWith('GPU_UTIL') && mean >= 5 && mean <= 95 ? String(mean + delta) : family.value(gpu, m, node)
      return `${prefix}${value} ${day + m * MINUTE + (10 + i * 20) * 1000}\n`
    })
    .join('')
}

/** The DCGM exporter now: one sample a series. Undefined when it is down. */
export async function gpuNow(world: World, node: Node, now: number): Promise<string | undefined> {
  const from = Math.floor(now / MINUTE) * MINUTE
  let text = ''
  const alive = await gpuHistory(world, node, { from, to: from + MINUTE }, EVERY_MINUTE, (part) => {
    text += part
  })
  return alive ? text.replace(/ \d{13}$/gm, '') : undefined
}

// One collection: what nvidia-smi says now, read into rows. Pure but for the command that it is given.
import { isUnknown } from './cell.ts'
import type { Output, Run } from './command.ts'
import { readHeader, readTable, type SmiColumn, type SmiRow } from './csv.ts'
import { bareUuid, gpuUuid } from './reading.ts'
import { migDevices, textAt } from './smi-xml.ts'
import { readXml } from './xml-reader.ts'

/** What does not change while the driver stays: asked once, and again after a failure. */
export type Driver = { fields: string[]; cudaVersion: string }
export type GpuRow = { uuid: string; cells: SmiRow['cells'] }
/** `usedBytes` raw as nvidia-smi wrote it; `pid` null where it may not be told. */
export type ComputeApp = { uuid: string; pid: string | null; processName: string; usedMemory: string }
export type MigDevice = {
  uuid: string
  gpuInstance: string
  computeInstance: string
  migUuid: string
  profile: string
  memory: Record<string, string>
}

export type Collection = {
  gpus: GpuRow[]
  /** null: that part of the collection failed. */
  apps: ComputeApp[] | null
  mig: MigDevice[] | null
  cudaVersion: string
  /** Rows that say nothing that can be used: the reason of each. */
  rejects: string[]
}

/** A run of nvidia-smi that gave nothing usable: there is no collection, and the reason is told apart from the data. */
export class CollectionFailure extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode: number) {
    super(message)
    this.name = 'CollectionFailure'
    this.exitCode = exitCode
  }
}

const demanded = (output: Output): string => {
  if (output.exitCode !== 0) throw new CollectionFailure(output.problem ?? 'nvidia-smi failed', output.exitCode)
  return output.stdout
}

const FIELD = /^"([A-Za-z][A-Za-z0-9_.]*)"(?: or "[^"]+")*\s*$/gm

/** Names of the fields in the text of --help-query-gpu, each by its first spelling, in its order. */
export const parseFields = (help: string): string[] => [...new Set([...help.matchAll(FIELD)].map((match) => match[1]!))]

/** The CUDA version in the text of --version; drivers from 610 on call it UMD version and leave prose under the old name. */
export function parseCudaVersion(text: string): string {
  const versions = new Map<string, string>()
  for (const [, name, version] of text.matchAll(/^\s*(CUDA(?: UMD)? version)\s*:\s*(\d+\.\d+)\s*$/gim))
    versions.set(name!.toLowerCase(), version!)
  return versions.get('cuda umd version') ?? versions.get('cuda version') ?? ''
}

export async function discover(run: Run, deadlineMs: () => number): Promise<Driver> {
  const fields = parseFields(demanded(await run(['--help-query-gpu'], deadlineMs())))
  if (!fields.includes('uuid')) throw new CollectionFailure('nvidia-smi --help-query-gpu lists no fields that are known', 0)
  const version = await run(['--version'], deadlineMs())
  return { fields, cudaVersion: version.exitCode === 0 ? parseCudaVersion(version.stdout) : '' }
}

/** Throws CollectionFailure when the GPUs could not be read; processes and MIG devices may be missing without that. */
export async function collect(run: Run, driver: Driver, deadlineMs: () => number): Promise<Collection> {
  const text = demanded(await run([`--query-gpu=${driver.fields.join(',')}`, '--format=csv'], deadlineMs()))
  const { gpus, rejects } = readGpus(text)
  if (gpus.length === 0) throw new CollectionFailure(rejects[0] ?? 'nvidia-smi listed no GPU', 0)
  const apps = await run(['--query-compute-apps=gpu_uuid,pid,process_name,used_gpu_memory', '--format=csv'], deadlineMs())
  const partitioned = gpus.some(({ cells }) =>
    cells.some(({ column, text: mode }) => column.field === 'mig.mode.current' && mode === 'Enabled'),
  )
  return {
    gpus,
    apps: apps.exitCode === 0 ? parseApps(apps.stdout) : null,
    mig: partitioned ? await collectMig(run, deadlineMs) : [],
    cudaVersion: driver.cudaVersion,
    rejects,
  }
}

function readGpus(text: string): { gpus: GpuRow[]; rejects: string[] } {
  const table = readTable(text, 'nvidia-smi')
  const rejects = table.rejects.map(({ line, reason }) => `line ${line} of nvidia-smi's answer ${reason}`)
  const gpus = new Map<string, GpuRow>()
  for (const { line, cells } of table.rows) {
    const raw = cells.find(({ column }) => column.field === 'uuid')?.text ?? ''
    const uuid = gpuUuid(raw) && bareUuid(raw)
    if (!uuid) rejects.push(`line ${line} of nvidia-smi's answer names no GPU: ${raw.slice(0, 60)}`)
    else if (gpus.has(uuid)) rejects.push(`line ${line} of nvidia-smi's answer repeats the GPU ${uuid}`)
    else gpus.set(uuid, { uuid, cells })
  }
  return { gpus: [...gpus.values()], rejects }
}

/**
 * Processes with a compute context, or null when the answer is no such list. Names come from the processes and may hold commas: what
 * stands between the pid and the last value is the name.
 */
export function parseApps(text: string): ComputeApp[] | null {
  const [header, ...lines] = text.split('\n').filter((line) => line.trim() !== '')
  const columns: SmiColumn[] | null = readHeader(header ?? '')
  if (columns?.length !== 4 || columns[0]!.field !== 'uuid') return null
  const apps: ComputeApp[] = []
  for (const line of lines) {
    const cells = line.split(',').map((cell) => cell.trim())
    if (cells.length < 4 || !gpuUuid(cells[0]!)) return null
    const pid = /^\d+$/.test(cells[1]!) ? cells[1]! : null
    apps.push({ uuid: bareUuid(cells[0]!), pid, processName: cells.slice(2, -1).join(', '), usedMemory: cells[cells.length - 1]! })
  }
  return apps
}

const LISTED_GPU = /^GPU \d+: .*\(UUID: (GPU-[0-9a-f-]+)\)/i
const LISTED_MIG = /^\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[^)]+)\)/

/** Profiles and UUIDs of MIG devices by GPU and device index, from the text of -L: the XML has neither. */
export function parseMigList(text: string): Map<string, { profile: string; migUuid: string }> {
  const devices = new Map<string, { profile: string; migUuid: string }>()
  let gpu = ''
  for (const line of text.split('\n')) {
    const listed = LISTED_GPU.exec(line)
    if (listed) gpu = bareUuid(listed[1]!)
    const mig = LISTED_MIG.exec(line)
    if (mig) devices.set(`${gpu}/${mig[2]}`, { profile: mig[1]!, migUuid: bareUuid(mig[3]!) })
  }
  return devices
}

const MEMORY = ['total', 'reserved', 'used', 'free']

async function collectMig(run: Run, deadlineMs: () => number): Promise<MigDevice[] | null> {
  const [xml, list] = [await run(['-q', '-x'], deadlineMs()), await run(['-L'], deadlineMs())]
  if (xml.exitCode !== 0) return null
  const names = parseMigList(list.exitCode === 0 ? list.stdout : '')
  try {
    return [...readXml(xml.stdout, 'nvidia-smi -q -x')].flatMap((root) =>
      root.children.filter((gpu) => gpu.name === 'gpu').flatMap((gpu) => migDevices(gpu).map((device) => migDevice(gpu, device, names))),
    )
  } catch {
    return null
  }
}

function migDevice(
  gpu: Parameters<typeof textAt>[0],
  device: Parameters<typeof textAt>[0],
  names: ReturnType<typeof parseMigList>,
): MigDevice {
  const uuid = bareUuid(textAt(gpu, 'uuid') ?? '')
  const memory = MEMORY.map((part) => [part, textAt(device, `fb_memory_usage/${part}`) ?? ''] as const)
  return {
    uuid,
    gpuInstance: textAt(device, 'gpu_instance_id') ?? '',
    computeInstance: textAt(device, 'compute_instance_id') ?? '',
    memory: Object.fromEntries(memory.filter(([, text]) => !isUnknown(text))),
    ...(names.get(`${uuid}/${textAt(device, 'index') ?? ''}`) ?? { profile: '', migUuid: '' }),
  }
}

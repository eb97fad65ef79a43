// The exporter with a nvidia-smi of our own: what a scrape says when things go wrong, and how many processes it costs.
import { afterEach, expect, it } from 'vitest'
import { smiCommand } from '#collectors/agent/command.ts'
import { smiExporter } from '#collectors/agent/exporter.ts'
import { type Answers, type FakeSmi, fakeSmi } from '#test/support/agent-smi.ts'

const A = 'GPU-AAAAAAAA-0000-0000-0000-000000000001'
const B = 'GPU-bbbbbbbb-0000-0000-0000-000000000002'
const HEADER = 'uuid, index, name, utilization.gpu [%], memory.used [MiB], ecc.errors.uncorrected.volatile.total'
const gpus = (...rows: string[]): Answers => ({
  '--help-query-gpu': { out: '"uuid" or "gpu_uuid"\n"index"\n"name"\n"utilization.gpu"\n"memory.used"\n' },
  '--version': { out: 'CUDA Version : 13.1\n' },
  '--query-gpu': { out: `${[HEADER, ...rows].join('\n')}\n` },
  '--query-compute-apps': { out: 'gpu_uuid, pid, process_name, used_gpu_memory [MiB]\n' },
})
const ROW_A = `${A}, 0, NVIDIA X, 50 %, 10 MiB, 3`
const ROW_B = `${B}, 1, NVIDIA X, 7 %, [N/A], [N/A]`

let smi: FakeSmi
afterEach(() => smi.remove())

function exporterOf(answers: Answers, deadlineMs?: number) {
  smi = fakeSmi(answers)
  const said: string[] = []
  const command = smiCommand(smi.program)
  const exporter = smiExporter(
    command.run,
    () => new Date(),
    (line) => said.push(line),
    deadlineMs,
  )
  return { ...exporter, kill: command.kill, said }
}
const lines = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(`nvidia_smi_${name}`))
const gpuSeries = (text: string) => text.split('\n').filter((line) => line.includes('uuid="'))

it('two GPUs: UUIDs as labels, what is not known is absent', async () => {
  const text = await exporterOf(gpus(ROW_A, ROW_B)).scrape()
  expect(lines(text, 'utilization_gpu_ratio')).toEqual([
    'nvidia_smi_utilization_gpu_ratio{uuid="aaaaaaaa-0000-0000-0000-000000000001"} 0.5',
    'nvidia_smi_utilization_gpu_ratio{uuid="bbbbbbbb-0000-0000-0000-000000000002"} 0.07',
  ])
  expect(lines(text, 'memory_used_bytes')).toEqual(['nvidia_smi_memory_used_bytes{uuid="aaaaaaaa-0000-0000-0000-000000000001"} 10485760'])
  expect(text).toContain('# HELP nvidia_smi_memory_used_bytes memory.used [MiB]\n# TYPE nvidia_smi_memory_used_bytes gauge\n')
  expect(text).toContain('# TYPE nvidia_smi_ecc_errors_uncorrected_volatile_total counter\n')
  expect(lines(text, 'gpu_info')[0]).toContain('name="NVIDIA X"')
  expect(lines(text, 'gpu_info')[0]).toContain('cuda_version="13.1"')
  expect(smi.calls().filter((call) => call.startsWith('--query-gpu'))).toEqual([
    '--query-gpu=uuid,index,name,utilization.gpu,memory.used --format=csv',
  ])
})

it('a failed collection is a gap: no GPU series, and its exit code', async () => {
  const { scrape, said } = exporterOf(gpus(ROW_A))
  expect(gpuSeries(await scrape())).not.toEqual([])
  smi.answer({ ...gpus(ROW_A), '--query-gpu': { code: 15, out: 'Unable to determine the device handle: GPU is lost.\n' } })
  const gap = await scrape()
  expect(gpuSeries(gap)).toEqual([])
  expect(lines(gap, 'command_exit_code')).toEqual(['nvidia_smi_command_exit_code 15'])
  expect(lines(gap, 'failed_scrapes_total')).toEqual(['nvidia_smi_failed_scrapes_total 1'])
  expect(lines(gap, 'last_collect_success')).toEqual(['nvidia_smi_last_collect_success 0'])
  await scrape()
  smi.answer(gpus(ROW_A))
  const again = await scrape()
  expect(lines(again, 'failed_scrapes_total')).toEqual(['nvidia_smi_failed_scrapes_total 2'])
  expect(gpuSeries(again)).not.toEqual([])
  expect(said).toEqual([
    'collection failed: nvidia-smi ended with 15: Unable to determine the device handle: GPU is lost.',
    'collection succeeded again',
  ])
})

it('a GPU that is gone leaves nothing behind', async () => {
  const { scrape } = exporterOf(gpus(ROW_A, ROW_B))
  expect(await scrape()).toContain('bbbbbbbb')
  smi.answer(gpus(ROW_A))
  expect(await scrape()).not.toContain('bbbbbbbb')
})

it('fields are asked for once, and again after a failure', async () => {
  const { scrape } = exporterOf(gpus(ROW_A))
  const helps = () => smi.calls().filter((call) => call === '--help-query-gpu').length
  await scrape()
  await scrape()
  expect(helps()).toBe(1)
  smi.answer({ ...gpus(ROW_A), '--query-gpu': { code: 2, out: 'Field "index" is not a valid field to query.\n' } })
  await scrape()
  smi.answer(gpus(ROW_A))
  await scrape()
  expect(helps()).toBe(2)
})

it('scrapes that come together share one run; a later one has its own', async () => {
  const { scrape } = exporterOf({ ...gpus(ROW_A), '--query-gpu': { ...gpus(ROW_A)['--query-gpu'], afterMs: 50 } })
  const texts = await Promise.all([scrape(), scrape(), scrape()])
  expect(new Set(texts).size).toBe(1)
  const queries = () => smi.calls().filter((call) => call.startsWith('--query-gpu')).length
  expect(queries()).toBe(1)
  await scrape()
  expect(queries()).toBe(2)
})

it('a nvidia-smi that hangs is stopped, and the next one runs', async () => {
  const { scrape, said } = exporterOf(gpus(ROW_A), 1_500)
  await scrape()
  smi.answer({ ...gpus(ROW_A), '--query-gpu': { hangs: true } })
  const gap = await scrape()
  expect(gpuSeries(gap)).toEqual([])
  expect(lines(gap, 'command_exit_code')).toEqual(['nvidia_smi_command_exit_code -1'])
  expect(said[0]).toMatch(/did not end within \d+ ms/)
  smi.answer(gpus(ROW_A))
  await expect.poll(async () => gpuSeries(await scrape()).length, { timeout: 20_000 }).toBeGreaterThan(0)
})

it('one process at a time, also when one cannot be got rid of', async () => {
  smi = fakeSmi({ '-L': { hangs: true }, '-q': { out: 'fine' } })
  const command = smiCommand(smi.program)
  const first = command.run(['-L'], 60_000)
  expect(await command.run(['-q'], 60_000)).toMatchObject({ exitCode: -1, problem: 'an earlier nvidia-smi has not ended yet' })
  command.kill()
  expect(await first).toMatchObject({ exitCode: -1, problem: expect.stringContaining('SIGKILL') })
  expect(await command.run(['-q'], 60_000)).toEqual({ exitCode: 0, stdout: 'fine', problem: null })
})

it('a program that is not there', async () => {
  const { run } = smiCommand('/nowhere/nvidia-smi')
  smi = fakeSmi({})
  expect(await run(['-L'], 1_000)).toMatchObject({ exitCode: -1, problem: expect.stringContaining('cannot be started') })
  expect(await run(['-L'], 1_000)).toMatchObject({ problem: expect.stringContaining('cannot be started') })
})

it.each([
  ['137 %', 'utilization.gpu'],
  ['4294967295 %', 'utilization.gpu'],
  ['50 W', 'utilization.gpu'],
])('%s cannot be: absent and counted', async (value, field) => {
  const { scrape } = exporterOf(gpus(ROW_A.replace('50 %', value), ROW_B))
  await scrape()
  const text = await scrape()
  expect(lines(text, 'utilization_gpu_ratio')).toHaveLength(1)
  expect(lines(text, 'rejected_values_total')).toEqual([`nvidia_smi_rejected_values_total{field="${field}"} 2`])
})

it('rows that name no GPU, or one twice, are counted; the others stay', async () => {
  const text = await exporterOf(gpus(ROW_A, ROW_A.replace('50 %', '90 %'), ROW_B.replace(B, '[Unknown Error]'), 'short, row')).scrape()
  expect(lines(text, 'utilization_gpu_ratio')).toEqual([
    'nvidia_smi_utilization_gpu_ratio{uuid="aaaaaaaa-0000-0000-0000-000000000001"} 0.5',
  ])
  expect(lines(text, 'rejected_rows_total')).toEqual(['nvidia_smi_rejected_rows_total 3'])
})

it('processes that cannot be listed cost the processes only', async () => {
  const text = await exporterOf({ ...gpus(ROW_A), '--query-compute-apps': { code: 3 } }).scrape()
  expect(lines(text, 'utilization_gpu_ratio')).toHaveLength(1)
  expect(lines(text, 'compute_apps{')).toEqual([])
  expect(lines(text, 'compute_apps_last_collect_success')).toEqual(['nvidia_smi_compute_apps_last_collect_success 0'])
})

it('a process on two MIG instances is one series with its whole memory, as far as it is known', async () => {
  const uuid = A.toLowerCase().replace('gpu', 'GPU')
  const apps = ['gpu_uuid, pid, process_name, used_gpu_memory [MiB]', `${uuid}, 7, serve, 3 MiB`, `${uuid}, 7, serve, 4 MiB`]
  const hidden = `${uuid}, [Insufficient Permissions], [Insufficient Permissions], [Insufficient Permissions]`
  const text = await exporterOf({ ...gpus(ROW_A), '--query-compute-apps': { out: [...apps, hidden].join('\n') } }).scrape()
  expect(lines(text, 'compute_apps{')).toEqual(['nvidia_smi_compute_apps{uuid="aaaaaaaa-0000-0000-0000-000000000001"} 3'])
  expect(lines(text, 'compute_app_info')).toHaveLength(1)
  expect(lines(text, 'compute_app_used_memory_bytes').map((line) => line.split(' ')[1])).toEqual([String(7 * 1_048_576)])
})

const MIG_MODE = { out: `uuid, mig.mode.current, utilization.gpu [%]\n${A}, Enabled, [N/A]\n` }
const device = (index: number, instance: number, compute: number, used: number) =>
  `<mig_device><index>${index}</index><gpu_instance_id>${instance}</gpu_instance_id><compute_instance_id>${compute}</compute_instance_id><fb_memory_usage><used>${used} MiB</used><free>N/A</free></fb_memory_usage></mig_device>`

it('MIG: memory once a GPU instance, identity once a device, no utilisation', async () => {
  const xml = `<nvidia_smi_log><gpu><mig_devices>${device(0, 2, 0, 7)}${device(1, 2, 1, 8)}</mig_devices><uuid>${A}</uuid></gpu></nvidia_smi_log>`
  const list = `GPU 0: X (UUID: ${A})\n  MIG 1c.2g.20gb  Device  1: (UUID: MIG-CCCC)\n`
  const text = await exporterOf({ ...gpus(), '--query-gpu': MIG_MODE, '-q': { out: xml }, '-L': { out: list } }).scrape()
  const uuid = 'aaaaaaaa-0000-0000-0000-000000000001'
  expect(lines(text, 'mig_memory')).toEqual([`nvidia_smi_mig_memory_used_bytes{uuid="${uuid}",gpu_instance_id="2"} ${7 * 1_048_576}`])
  expect(lines(text, 'mig_info')).toEqual([
    `nvidia_smi_mig_info{uuid="${uuid}",mig_uuid="",gpu_instance_id="2",compute_instance_id="0",profile=""} 1`,
    `nvidia_smi_mig_info{uuid="${uuid}",mig_uuid="cccc",gpu_instance_id="2",compute_instance_id="1",profile="1c.2g.20gb"} 1`,
  ])
  expect(lines(text, 'utilization')).toEqual([])
})

it.each([
  ['that cannot be run', { code: 9 }],
  ['that breaks off', { out: '<nvidia_smi_log><gpu>' }],
])('XML %s costs the MIG devices only, and says so', async (_, answer) => {
  const text = await exporterOf({ ...gpus(), '--query-gpu': MIG_MODE, '-q': answer }).scrape()
  expect(lines(text, 'mig_mode_current{')).toHaveLength(1)
  expect([...lines(text, 'mig_memory'), ...lines(text, 'mig_info')]).toEqual([])
  expect(lines(text, 'mig_last_collect_success')).toEqual(['nvidia_smi_mig_last_collect_success 0'])
  expect(lines(text, 'last_collect_success')).toEqual(['nvidia_smi_last_collect_success 1'])
})

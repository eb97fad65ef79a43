// The agent as a process: what it listens on, what it answers, how it stops. No database is near.
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { runAgent } from '#collectors/agent/index.ts'
import { parseListen, serve } from '#collectors/agent/server.ts'
import { type FakeSmi, fakeSmi } from '#test/support/agent-smi.ts'

const root = path.resolve(import.meta.dirname, '../..')

it.each([
  ['127.0.0.1:9835', { host: '127.0.0.1', port: 9835 }],
  ['[::1]:80', { host: '::1', port: 80 }],
  [':9835', { host: '', port: 9835 }],
  ['gpu-3.local:0', { host: 'gpu-3.local', port: 0 }],
])('--listen %s', (text, listen) => {
  expect(parseListen(text)).toEqual(listen)
})

describe('wrong usage is told before anything starts', () => {
  it.each([
    [['--listen', '9835'], 'bad_listen'],
    [['--listen', 'localhost'], 'bad_listen'],
    [['--listen', '127.0.0.1:65536'], 'bad_listen'],
    [['--listen', '::1:80'], 'bad_listen'],
    [['--listen', ''], 'bad_listen'],
    [['--nvidia-smi', '/nowhere/nvidia-smi'], 'nvidia_smi_missing'],
    [['--nvidia-smi', root], 'nvidia_smi_missing'],
    [['--nvidia-smi', ''], 'nvidia_smi_missing'],
    [['--port', '80'], 'bad_option'],
    [['now'], 'bad_option'],
    [['--listen', '203.0.113.7:9835'], 'cannot_listen'],
  ])('%j', async (args, code) => {
    await expect(runAgent(args)).rejects.toMatchObject({ kind: 'usage', code })
  })
})

it('answers, and says what is taken', async () => {
  const server = await serve({ host: '127.0.0.1', port: 0 }, () => Promise.resolve('a 1\n'))
  const { origin, port } = new URL(server.url)
  const metrics = await fetch(server.url)
  expect([metrics.status, metrics.headers.get('content-type'), await metrics.text()]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
    'a 1\n',
  ])
  const status = async (where: string, method = 'GET') => (await fetch(`${origin}${where}`, { method })).status
  expect([await status('/healthz'), await status('/metrics?x=1'), await status('/'), await status('/metrics', 'POST')]).toEqual([
    200, 200, 404, 405,
  ])
  expect(await (await fetch(server.url, { method: 'HEAD' })).text()).toBe('')
  await expect(serve({ host: '127.0.0.1', port: Number(port) }, () => Promise.resolve(''))).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'cannot_listen',
  })
  await server.stop()
  await expect(fetch(server.url)).rejects.toThrow()
})

let smi: FakeSmi | undefined
let agent: ChildProcess | undefined
afterEach(() => {
  agent?.kill('SIGKILL')
  smi?.remove()
})

it('stops on SIGTERM after the scrape that is under way', async () => {
  smi = fakeSmi({
    '--help-query-gpu': { out: '"uuid"\n"utilization.gpu"\n' },
    '--query-gpu': { out: 'uuid, utilization.gpu [%]\nGPU-aaaaaaaa-0000-0000-0000-000000000001, 50 %\n', afterMs: 500 },
  })
  const script = `import { runAgent } from './collectors/agent/index.ts'; process.exitCode = await runAgent(process.argv.slice(1))`
  const args = ['--input-type=module', '-e', script, '--', '--listen', '127.0.0.1:0', '--nvidia-smi', smi.program]
  const env = { ...process.env, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  agent = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  agent.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve) => agent!.once('exit', resolve))
  await expect.poll(() => said, { timeout: 20_000 }).toMatch(/serving http/)
  const url = /serving (\S+)/.exec(said)![1]!
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
  const scrape = fetch(url)
  await expect.poll(() => smi!.calls().some((call) => call.startsWith('--query-gpu')), { timeout: 20_000 }).toBe(true)
  agent.kill('SIGTERM')
  expect(await (await scrape).text()).toContain('nvidia_smi_utilization_gpu_ratio{uuid="aaaaaaaa-0000-0000-0000-000000000001"} 0.5')
  expect(await ended).toBe(0)
})

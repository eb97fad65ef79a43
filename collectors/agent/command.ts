// Running nvidia-smi: one process at a time, never longer than its deadline, never more output than fits.
import { type ChildProcess, spawn } from 'node:child_process'

/** `exitCode` is that of nvidia-smi; -1 when it could not be started, was killed or did not end in time. */
export type Output = { exitCode: number; stdout: string; problem: string | null }
export type Run = (args: readonly string[], deadlineMs: number) => Promise<Output>
export type Command = { run: Run; kill: () => void }

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

const failed = (problem: string): Output => ({ exitCode: -1, stdout: '', problem })

/**
 * A command that runs `program`. A driver that hangs leaves a process that cannot be killed: until it is gone nothing else is started,
 * so that scrapes do not pile up processes on a sick node.
 */
export function smiCommand(program: string): Command {
  let running: ChildProcess | null = null

  const run: Run = (args, deadlineMs) => {
    if (running) return Promise.resolve(failed('an earlier nvidia-smi has not ended yet'))
    return new Promise((resolve) => {
      // Detached: what a wrapper script started is killed with it.
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32', windowsHide: true })
      running = child
      const chunks: Buffer[] = []
      const said: Buffer[] = []
      let bytes = 0
      const stop = (problem: string) => {
        killTree(child)
        finish(failed(problem))
      }
      const timer = setTimeout(() => stop(`nvidia-smi did not end within ${deadlineMs} ms`), deadlineMs)
      const finish = (output: Output) => {
        clearTimeout(timer)
        resolve(output)
      }
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > OUTPUT_BYTES_MAX) stop('nvidia-smi wrote more than 16 MiB')
        else chunks.push(chunk)
      })
      child.stderr.on('data', (chunk: Buffer) => {
        if (said.length < 8) said.push(chunk)
      })
      child.on('error', (error) => {
        if (child.pid === undefined) running = null
        finish(failed(`${program} cannot be started: ${error.message}`))
      })
      child.on('close', (code, signal) => {
        running = null
        const stdout = Buffer.concat(chunks).toString('utf8')
        if (code === 0) finish({ exitCode: 0, stdout, problem: null })
        else finish({ exitCode: code ?? -1, stdout, problem: complaint(code, signal, Buffer.concat(said).toString('utf8') || stdout) })
      })
    })
  }
  return { run, kill: () => running && killTree(running) }
}

/** nvidia-smi tells what is wrong on standard output as often as on standard error. */
function complaint(code: number | null, signal: string | null, said: string): string {
  const line = said.split('\n').find((one) => one.trim() !== '')
  return `nvidia-smi ended with ${signal ?? code}${line ? `: ${line.trim().slice(0, 300)}` : ''}`
}

function killTree(child: ChildProcess): void {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

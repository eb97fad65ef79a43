// A nvidia-smi that answers from a table, as a program of its own; and captures of real ones, cut at test time.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Answers by the first argument up to `=`: `--query-gpu`, `-q` … What is not listed ends with code 6, as a wrong option does. */
export type Answers = Record<string, { out?: string; err?: string; code?: number; hangs?: boolean; afterMs?: number }>
export type FakeSmi = { program: string; answer: (answers: Answers) => void; calls: () => string[]; remove: () => void }

const SCRIPT = `#!${process.execPath}
const fs = require('node:fs')
const file = (name) => require('node:path').join(__dirname, name)
fs.appendFileSync(file('calls.txt'), process.argv.slice(2).join(' ') + '\\n')
const answer = JSON.parse(fs.readFileSync(file('answers.json'), 'utf8'))[process.argv[2].split('=')[0]] ?? { code: 6, err: 'Invalid option' }
if (answer.hangs) setInterval(() => {}, 1000)
else setTimeout(() => {
  fs.writeSync(2, answer.err ?? '')
  process.exitCode = answer.code ?? 0
  process.stdout.write(answer.out ?? '')
}, answer.afterMs ?? 0)
`

export function fakeSmi(answers: Answers): FakeSmi {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fake-smi-'))
  const program = path.join(folder, 'nvidia-smi')
  const answer = (next: Answers) => writeFileSync(path.join(folder, 'answers.json'), JSON.stringify(next))
  writeFileSync(program, SCRIPT)
  chmodSync(program, 0o755)
  answer(answers)
  return {
    program,
    answer,
    calls: () => {
      const file = path.join(folder, 'calls.txt')
      return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export const samples = path.resolve(import.meta.dirname, '../../../shared/samples/gpu')

/** Section `title` of a capture file: what stands under its frame, up to the next frame. */
export function section(capture: string, title: string): string {
  const parts = capture.split(/^#{20,}\n((?:# .*\n)+)#{20,}\n/m)
  const at = parts.findIndex((part) => part.startsWith(`# ${title}`))
  if (at < 0) throw new Error(`the capture has no section ${title}`)
  return `${(parts[at + 1] ?? '').trimEnd()}\n`
}

/** What the nvidia-smi of a capture answered; processes are cut to the columns that the agent asks for. */
export function answersOf(capture: string, phase: 'idle' | 'load'): Answers {
  const apps = section(capture, `${phase} :: query-compute-apps`)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(', '))
    .map((cells) => [cells[4], cells[5], cells.slice(6, -1).join(', '), cells[cells.length - 1]].join(', '))
  return {
    '--help-query-gpu': { out: section(capture, 'capabilities :: help-query-gpu') },
    '--version': { out: section(capture, 'capabilities :: version') },
    '--query-gpu': { out: section(capture, `${phase} :: query-gpu (csv`) },
    '--query-compute-apps': { out: `${apps.join('\n')}\n` },
    '-L': { out: section(capture, 'capabilities :: list (-L)') },
  }
}

/** MIG devices of the `-q` text of a capture in the elements of the XML, which the captures do not have. */
export function migXmlOf(capture: string, phase: 'idle' | 'load'): string {
  const text = section(capture, `${phase} :: query (-q)`)
  const devices = text.split(/^ {4}MIG Device\n/m).slice(1)
  const value = (block: string, name: string) => new RegExp(`^ +${name} +: (.*)$`, 'm').exec(block)?.[1] ?? 'N/A'
  const memory = (block: string) => block.slice(block.indexOf('Shared FB Memory Usage'), block.indexOf('Shared BAR1'))
  const elements = devices.map(
    (block) => `<mig_device>
  <index>${value(block, 'Index')}</index>
  <gpu_instance_id>${value(block, 'GPU Instance ID')}</gpu_instance_id>
  <compute_instance_id>${value(block, 'Compute Instance ID')}</compute_instance_id>
  <fb_memory_usage>${['Total', 'Reserved', 'Used', 'Free'].map((one) => `<${one.toLowerCase()}>${value(memory(block), one)}</${one.toLowerCase()}>`).join('')}</fb_memory_usage>
</mig_device>`,
  )
  return `<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v13.dtd">
<nvidia_smi_log><attached_gpus>1</attached_gpus><gpu id="00000000:00:09.0">
<mig_devices>${elements.join('\n')}</mig_devices>
<uuid>${value(text, 'GPU UUID')}</uuid></gpu></nvidia_smi_log>
`
}

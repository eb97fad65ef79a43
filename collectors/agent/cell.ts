// What one value of nvidia-smi says. Units are converted to base units; a word is never a number, and nothing is never zero.

export type Cell = { kind: 'number'; value: number } | { kind: 'unknown' } | { kind: 'word' } | { kind: 'bad'; reason: string }

type Unit = { suffix: string; base: (value: number) => number }

/** Units by which nvidia-smi heads a column or ends a value, with the suffix that a metric in their base unit carries. */
const UNITS: Record<string, Unit> = {
  '%': { suffix: '_ratio', base: (value) => value / 100 },
  MiB: { suffix: '_bytes', base: (value) => value * 1_048_576 },
  MHz: { suffix: '_clock_hz', base: (value) => value * 1e6 },
  W: { suffix: '_watts', base: (value) => value },
  us: { suffix: '_seconds', base: (value) => value / 1e6 },
  ms: { suffix: '_seconds', base: (value) => value / 1e3 },
}
/** What may stand behind a number without being a unit of measure that we convert. */
const COUNTED = new Set(['C', 'bank(s)'])

/** The suffix of a metric whose column has this unit; undefined: we do not know what that unit is. */
export const unitSuffix = (unit: string | null): string | undefined => (unit === null ? '' : UNITS[unit]?.suffix)

const UNKNOWN =
  /^(\[.*\]|n\/a|err!?|not supported|unknown error|insufficient permissions|gpu is lost|gpu requires reset|requested functionality has been deprecated)?$/i

/** True for every way in which nvidia-smi says that it has no value, with brackets (CSV) or without (XML). */
export const isUnknown = (text: string): boolean => UNKNOWN.test(text.trim())

const FLAGS: Record<string, number> = { enabled: 1, yes: 1, active: 1, disabled: 0, no: 0, 'not active': 0 }
/** Words that stand for a number of NVML's own enumerations, in these fields only. */
const ENUMERATIONS: Record<string, Record<string, number>> = {
  compute_mode: { default: 0, exclusive_thread: 1, prohibited: 2, exclusive_process: 3 },
  gpu_recovery_action: { none: 0, reset: 1, reboot: 2, 'drain p2p': 3, 'drain and reset': 4 },
  'fabric.state': { 'not started': 1, 'in progress': 2, completed: 3 },
}
/** Names and versions: what looks like a number in them is none. */
const IDENTITIES = new Set([
  'timestamp',
  'name',
  'serial',
  'uuid',
  'pci.bus_id',
  'driver_version',
  'kmd_version',
  'vbios_version',
  'hostname',
  'inforom.img',
  'platform.chassis_serial_number',
  'fabric.clusterUuid',
])
/** -1 of unsigned integers of 32 and 64 bits: how some drivers write "no value". */
const MINUS_ONE = new Set(['4294967295', '18446744073709551615', '0xffffffff', '0xffffffffffffffff'])

const NUMBER = /^([+-]?\d+(?:\.\d+)?)(?:\s*([^\d\s.].*))?$/
const HEX = /^0x[0-9a-f]{1,16}$/i

/**
 * Reads the value of `field`. `unit` is that of the column: null where it has none, undefined where values bring their own (XML).
 * A number comes in base units: ratio, bytes, Hz, W, s; °C as it is.
 */
export function readCell(field: string, unit: string | null | undefined, raw: string): Cell {
  const text = raw.trim()
  const word = text.toLowerCase()
  const known = ENUMERATIONS[field]?.[word] ?? FLAGS[word]
  if (known !== undefined) return { kind: 'number', value: known }
  if (isUnknown(text)) return { kind: 'unknown' }
  if (IDENTITIES.has(field)) return { kind: 'word' }
  if (MINUS_ONE.has(word.replace(/\s.*$/, ''))) return { kind: 'bad', reason: 'is minus one without its sign' }
  if (HEX.test(text)) return { kind: 'number', value: Number(BigInt(text)) }
  if (field === 'pstate' && /^P\d+$/.test(text)) return { kind: 'number', value: Number(text.slice(1)) }
  const match = NUMBER.exec(text)
  return match ? measured(Number(match[1]), match[2], unit) : { kind: 'word' }
}

function measured(value: number, own: string | undefined, unit: string | null | undefined): Cell {
  if (own !== undefined && !UNITS[own] && !COUNTED.has(own)) return { kind: 'bad', reason: `has the unit ${own}, which is not known` }
  if (own !== undefined && unit && own !== unit) return { kind: 'bad', reason: `is in ${own}, its column in ${unit}` }
  const base = UNITS[unit ?? own ?? '']?.base
  return { kind: 'number', value: base ? base(value) : value }
}

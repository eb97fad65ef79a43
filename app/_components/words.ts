// What the codes of the ledger are called on screen.
const LAYERS: Record<string, string> = {
  gpu_compute: 'GPU compute',
  supporting: 'Supporting infrastructure',
  observability: 'Observability',
  lifecycle: 'Model lifecycle',
  security: 'Security and compliance',
  build: 'Build',
  operations: 'Operations and optimisation',
  on_call: 'On-call and incidents',
  talent_premium: 'Talent premium',
  tax: 'Tax',
  credits: 'Credits',
  refunds: 'Refunds',
  unused_commitment: 'Unused commitment',
  corrections: 'Corrections',
  support: 'Support',
  commitment_purchase: 'Commitment purchases',
  unassigned: 'Not assigned to a layer',
  accrual: 'Awaiting bill (accrued)',
}
const STATES: Record<string, { name: string; means: string }> = {
  serving: { name: 'Serving', means: 'requests were running' },
  other_work: { name: 'Other work', means: 'busy without a request' },
  busy_unattributed: { name: 'Busy, unattributed', means: 'no engine measured' },
  warm_idle: { name: 'Warm idle', means: 'model loaded, nothing ran' },
  unallocated: { name: 'Unallocated', means: 'seen, no model loaded' },
  lost: { name: 'Lost', means: 'GPU failed or gone' },
  dark: { name: 'Dark', means: 'billed, never seen' },
  unknown: { name: 'Unknown', means: 'seen, work not known' },
}
const readable = (code: string): string => {
  const text = code.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
export const layerName = (layer: string): string => LAYERS[layer] ?? readable(layer)
export const stateName = (state: string): string => STATES[state]?.name ?? readable(state)
export const stateMeaning = (state: string): string => STATES[state]?.means ?? ''
const EXCEPTIONS: Record<string, string> = {
  unassigned_lines: 'Bill lines in no layer',
  quarantined_rows: 'Rejected rows',
  delivery_waiting: 'Delivery waits for a yes',
  effective_unavailable: 'No effective cost',
  unconverted: 'No exchange rate',
  billed_unseen: 'Billed, never seen',
  seen_unbilled: 'Seen, never billed',
  capacity_unknown: 'Capacity of unknown use',
  tokens_unmapped: 'Tokens of no deployment',
  tokens_unpriced: 'Tokens without a price',
  role_without_rate: 'Labour without a rate',
}
export const exceptionName = (kind: string): string => EXCEPTIONS[kind] ?? readable(kind)
const MEANINGS: Record<string, string> = {
  unassigned_lines: 'In scope, but no rule says where they belong, and no known node stands behind them.',
  quarantined_rows: 'Rows that could not be read; nothing of them is in any cost.',
  delivery_waiting: 'A replacement that would lose much, held back until somebody confirms it.',
  effective_unavailable: 'Billed, but what it costs spread over time cannot be derived: it is missing from effective cost.',
  unconverted: 'Money in a currency without a rate on those days: it is missing from every total.',
  billed_unseen: 'Nodes that are paid for and sent no telemetry all day.',
  seen_unbilled: 'GPUs that worked, and no bill came within the time that the provider takes.',
  capacity_unknown: 'GPUs that were seen, but not what they did.',
  tokens_unmapped: 'Served by a replica that belongs to no deployment.',
  tokens_unpriced: 'Without a price at the comparator: left out of the API-equivalent, never counted as free.',
  role_without_rate: 'Hours that cost nothing here, because nobody says what they cost.',
}
export const exceptionMeaning = (kind: string): string => MEANINGS[kind] ?? ''
/** Useful first, then idle, then lost: how capacity reads, not how states take precedence. */
export const STATE_ORDER = ['serving', 'other_work', 'busy_unattributed', 'warm_idle', 'unallocated', 'lost', 'dark', 'unknown']

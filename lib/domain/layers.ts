/** The layers of the cost stack, in the order in which screens show them (RULES.md 17). */
export const LAYERS = [
  'gpu_compute',
  'supporting',
  'observability',
  'lifecycle',
  'security',
  'build',
  'operations',
  'on_call',
  'talent_premium',
  'tax',
  'credits',
  'refunds',
  'unused_commitment',
  'corrections',
  'support',
  'commitment_purchase',
  'unassigned',
] as const
export type Layer = (typeof LAYERS)[number]

export const isLayer = (text: string): text is Layer => (LAYERS as readonly string[]).includes(text)

/** Capacity states in order of precedence; the order also breaks ties of money (RULES.md 11 and 14). */
export const STATES = ['dark', 'lost', 'serving', 'other_work', 'busy_unattributed', 'warm_idle', 'unallocated', 'unknown'] as const
export type CapacityState = (typeof STATES)[number]

/** Disjoint classes of tokens. */
export const TOKEN_CLASSES = ['prompt', 'cache_read', 'cache_write', 'generation'] as const
export type TokenClass = (typeof TOKEN_CLASSES)[number]

export type Scope = 'in' | 'out' | 'share'
export type Evidence = 'measured' | 'inferred' | 'assumed'

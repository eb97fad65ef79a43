// How each step comes to its numbers, in a sentence, and which rules of RULES.md decide it.
import type { StepName } from '#lib/reconcile/step.ts'
import type { LineageReport } from '../lineage-id.ts'

export const MEASURES: Record<LineageReport, readonly string[]> = {
  tco: ['cost'],
  capacity: ['gpu_minutes'],
  labour: ['cost'],
  tokens: ['tokens'],
  compare: ['equivalent'],
}

export const FORMULAS: Record<StepName, { formula: string; rules: readonly number[] }> = {
  bills: {
    formula:
      'Σ of each bill line’s portion of the UTC day (by seconds; floor to 1e-12, largest remainder); of shared lines the fleet’s part: in-scope usage ÷ all usage of the account that day',
    rules: [14, 18, 19, 20],
  },
  capacity: {
    formula: 'Σ over node-days of the day’s gpu_compute cost × GPU-minutes in the state ÷ (GPUs × billed minutes)',
    rules: [8, 9, 10, 11, 12, 13, 14],
  },
  labour: {
    formula:
      'seconds × rate per year ÷ hours per year: logged time in its layer; engagement that no entry covers, and standby pay, in on_call; premium = the same hours × (actual − standard)',
    rules: [24, 25, 26, 27, 28, 29],
  },
  tokens: { formula: 'Σ over hours of the increases of the engine’s own counters, by disjoint class', rules: [6, 7] },
  equivalent: { formula: 'tokens × tokenizer or output ratio ÷ 1,000,000 × the price in force that day', rules: [31, 32] },
}

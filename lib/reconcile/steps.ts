import { billsStep } from './bills/step.ts'
import { capacityStep } from './capacity/step.ts'
import { equivalentStep } from './comparison/index.ts'
import { labourStep } from './labour/index.ts'
import type { Step } from './step.ts'
import { tokensStep } from './tokens/index.ts'

/** Every step, in the order in which reconcile runs them. None reads what another posted, so the order is only for people. */
export const ALL_STEPS: readonly Step[] = [billsStep, capacityStep, labourStep, tokensStep, equivalentStep]

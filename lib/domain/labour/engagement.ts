import type { Engagement } from '#lib/domain/people.ts'
import { HOUR_MS } from '#lib/domain/time.ts'
import { type IntervalSet, subtract, takeFirst, union } from './interval.ts'

/** At most so much net time counts of one person's engagement in one incident (RULES.md 24). */
export const ENGAGEMENT_CAP_MS = 4 * HOUR_MS

export type EngagementSpan = Pick<Engagement, 'acknowledgedAt' | 'endedAt' | 'snoozed' | 'declaredSeconds'>

/**
 * When one person was engaged in one incident: acknowledgement to end (open: to `now`) less snoozes, cut once the cap has accumulated.
 * Declared effort replaces all of it, from the acknowledgement on. RULES.md 24.
 */
export function engagedSpans(engagement: EngagementSpan, now: number): IntervalSet {
  const { acknowledgedAt: start, endedAt, snoozed, declaredSeconds } = engagement
  if (declaredSeconds !== null) return union([{ start, end: start + Math.round(declaredSeconds * 1000) }])
  const whole = union([{ start, end: endedAt ?? now }])
  return takeFirst(subtract(whole, union(snoozed)), ENGAGEMENT_CAP_MS)
}

/** All that one person was engaged, counted once (RULES.md 25). */
export const engaged = (engagements: Iterable<EngagementSpan>, now: number): IntervalSet =>
  union([...engagements].flatMap((one) => [...engagedSpans(one, now)]))

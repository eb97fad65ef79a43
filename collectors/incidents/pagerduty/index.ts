import type { IncidentCollector } from '#lib/ingest/contract.ts'
import { mapBounded, pagerDuty } from './client.ts'
import { mapFacts } from './map.ts'
import { type PagerDutySettings, pagerDutySettings } from './schema.ts'

/**
 * PagerDuty REST v2: incidents created in the window with their log entries, on-call shifts that overlap it and, if asked, declared
 * effort. Limits: 100 a page, 10,000 a listing (longer windows are halved), six months a window (longer ones are cut), 429 is waited for.
 */
export const pagerduty: IncidentCollector<PagerDutySettings> = {
  kind: 'pagerduty',
  facts: 'incidents',
  settings: pagerDutySettings,
  pull: async (window, settings, { signal }) => {
    const account = pagerDuty(settings, signal)
    const span = { from: window.from.getTime(), to: window.to.getTime() }
    const listed = await account.incidents(span)
    const incidents = await mapBounded(listed, async (raw) => ({
      raw,
      log: raw.log_entries?.length ? raw.log_entries : await account.logEntries(raw.id),
    }))
    const effort = settings.analytics ? await account.effort(span) : new Map<string, number>()
    return mapFacts(incidents, await account.oncalls(span), effort, span.from)
  },
}

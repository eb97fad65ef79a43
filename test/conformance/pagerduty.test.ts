// Every PagerDuty sample: three real incidents with their logs, and the examples of the public description. Facts checked by hand.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { mapIncident, mapOncalls } from '#collectors/incidents/pagerduty/map.ts'
import { analyticsPage, incidentsPage, logEntriesPage, oncallsPage } from '#collectors/incidents/pagerduty/schema.ts'

const FOLDER = path.resolve(import.meta.dirname, '../../../shared/samples/incidents/pagerduty')
const missing = !fs.existsSync(FOLDER)
const read = (name: string): unknown => JSON.parse(fs.readFileSync(path.join(FOLDER, name), 'utf8'))
const at = (text: string) => Date.parse(text)

test('the samples are there', ({ skip }) => {
  if (missing && process.env.CI) throw new Error(`${FOLDER} is missing`)
  if (missing) skip(`${FOLDER} is missing: PagerDuty's samples are not read`)
  expect(fs.readdirSync(FOLDER).sort()).toEqual([
    'openapi-example_analytics_raw_incidents.json',
    'openapi-example_incidents.json',
    'openapi-example_incidents_id_log_entries.json',
    'openapi-example_oncalls.json',
    'rest-v2-incidents_with-log-entries_devlake.json',
  ])
})

describe.skipIf(missing)('PagerDuty samples', () => {
  test('real incidents without resolved_at, microseconds in their instants', () => {
    const { incidents } = incidentsPage.parse(read('rest-v2-incidents_with-log-entries_devlake.json'))
    const mapped = incidents.map((one) => mapIncident(one, one.log_entries ?? []))
    expect(
      mapped.map(({ incident, engagements, interruptions }) => [
        incident.number,
        incident.status,
        incident.urgency,
        engagements.length,
        interruptions.length,
      ]),
    ).toEqual([
      ['4', 'triggered', 'high', 1, 12],
      ['5', 'acknowledged', 'high', 1, 1],
      ['6', 'resolved', 'low', 1, 2],
    ])
    expect(mapped[2]!.incident).toMatchObject({
      createdAt: at('2022-11-03T06:45:36Z'),
      acknowledgedAt: at('2022-11-03T06:45:46Z'),
      resolvedAt: at('2022-11-03T06:51:44Z'),
      resolvedByPerson: true,
      service: 'DevService',
    })
    expect(mapped[2]!.engagements[0]).toMatchObject({
      acknowledgedAt: at('2022-11-03T06:45:46Z'),
      endedAt: at('2022-11-03T06:51:44Z'),
      snoozed: [],
    })
    // Acknowledged three times by the same person: the first one counts. Open still, so it has no end.
    expect(mapped[0]!.engagements[0]).toMatchObject({ acknowledgedAt: at('2022-11-03T06:23:07Z'), endedAt: null })
    expect(mapped[0]!.incident).toMatchObject({ resolvedAt: null, resolvedByPerson: null })
    // Notifications name people only in their sentence; both are known from the incident's assignments.
    expect(new Set(mapped[0]!.interruptions.map(({ person, channel }) => `${person.id} ${channel}`))).toEqual(
      new Set(['PQYACO3 email', 'P25K520 email']),
    )
  })

  test('the incident of the public description was resolved by a person', () => {
    const page = incidentsPage.parse(read('openapi-example_incidents.json'))
    expect([page.offset, page.limit, page.more]).toEqual([0, 1, true])
    expect(mapIncident(page.incidents[0]!, []).incident).toMatchObject({
      id: 'PT4KHLK',
      createdAt: at('2015-10-06T21:30:42Z'),
      resolvedAt: at('2015-10-06T21:38:23Z'),
      resolvedByPerson: true,
      acknowledgedAt: null,
      labels: ['team:Engineering', 'priority:P2'],
    })
  })

  test('a log entry, a shift with an offset, and analytics without effort', () => {
    const [entry] = logEntriesPage.parse(read('openapi-example_incidents_id_log_entries.json')).log_entries
    expect([entry!.type, entry!.created_at]).toEqual(['trigger_log_entry', at('2015-11-07T00:14:20Z')])
    expect(mapOncalls(oncallsPage.parse(read('openapi-example_oncalls.json')).oncalls, 0)).toEqual([
      {
        id: 'PI7DH85/PT23IWX/2015-03-06T20:28:51.000Z',
        rotation: 'Daily Engineering Rotation',
        person: { id: 'PT23IWX', name: 'Tim Wright', email: null },
        startsAt: at('2015-03-06T20:28:51Z'),
        endsAt: at('2015-03-07T20:28:51Z'),
      },
    ])
    const analytics = analyticsPage.parse(read('openapi-example_analytics_raw_incidents.json'))
    expect(analytics.data.map((one) => [one.id, one.user_defined_effort_seconds])).toEqual([
      ['PYC0H08', null],
      ['PCOOHCY', null],
    ])
    expect([analytics.more, analytics.last]).toEqual([true, 'PCOOHCY'])
  })
})

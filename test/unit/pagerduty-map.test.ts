import { describe, expect, test } from 'vitest'
import { mapIncident, mapOncalls } from '#collectors/incidents/pagerduty/map.ts'
import { incidentsPage, logEntriesPage, oncallsPage, pagerDutySettings } from '#collectors/incidents/pagerduty/schema.ts'
import { logEntry, serviceRef, userRef } from '#test/support/pagerduty.ts'

const ada = userRef('PADA', 'Ada Lovelace')
const bo = userRef('PBO', 'Bo Diddley')
const at = (clock: string) => Date.parse(`2026-06-01T${clock}Z`)
const iso = (clock: string) => `2026-06-01T${clock}Z`

const incident = (more: object = {}) => ({
  id: 'P1',
  incident_number: 7,
  title: 'GPU fell off',
  status: 'resolved',
  created_at: iso('01:00:00'),
  service: serviceRef,
  ...more,
})

function mapped(raw: object, log: object[], effort: number | null = null) {
  const [one] = incidentsPage.parse({ incidents: [raw] }).incidents
  return mapIncident(one!, logEntriesPage.parse({ log_entries: log }).log_entries, effort)
}

describe('when it was acknowledged and by whom it was resolved', () => {
  test('each person from the first own acknowledgement to the end; machines acknowledge nothing', () => {
    const { incident: one, engagements } = mapped(incident({ resolved_at: iso('05:00:00') }), [
      logEntry('resolve', iso('05:00:00'), ada),
      logEntry('acknowledge', iso('03:00:00'), ada),
      logEntry('acknowledge', iso('02:00:00.500000'), ada),
      logEntry('acknowledge', iso('02:30:00'), bo),
      logEntry('acknowledge', iso('01:00:01'), serviceRef),
    ])
    expect(one).toMatchObject({
      acknowledgedAt: at('02:00:00.500'),
      resolvedAt: at('05:00:00'),
      resolvedByPerson: true,
      number: '7',
      service: 'Inference',
    })
    expect(engagements.map(({ person, acknowledgedAt, endedAt }) => [person.id, acknowledgedAt, endedAt])).toEqual([
      ['PADA', at('02:00:00.500'), at('05:00:00')],
      ['PBO', at('02:30:00'), at('05:00:00')],
    ])
  })

  test.each([
    ['resolved_at goes first', { resolved_at: iso('05:00:00') }, [logEntry('resolve', iso('05:00:09'), serviceRef)], at('05:00:00'), false],
    ['else the log tells', {}, [logEntry('resolve', iso('05:00:09'), ada)], at('05:00:09'), true],
    ['else the last change of status', { last_status_change_at: iso('06:00:00'), last_status_change_by: ada }, [], at('06:00:00'), true],
    ['else a service did it', { last_status_change_at: iso('06:00:00'), last_status_change_by: serviceRef }, [], at('06:00:00'), false],
    ['open again after a resolve', { status: 'triggered' }, [logEntry('resolve', iso('05:00:09'), ada)], null, null],
  ])('%s', (_, more, log, resolvedAt, resolvedByPerson) => {
    expect(mapped(incident(more), log).incident).toMatchObject({ resolvedAt, resolvedByPerson })
  })

  test('an open incident without a log still lists who acknowledged it', () => {
    const raw = incident({ status: 'acknowledged', acknowledgements: [{ at: iso('01:10:00'), acknowledger: bo }] })
    expect(mapped(raw, []).engagements).toEqual([
      {
        incidentId: 'P1',
        person: { id: 'PBO', name: 'Bo Diddley', email: null },
        acknowledgedAt: at('01:10:00'),
        endedAt: null,
        snoozed: [],
        declaredSeconds: null,
      },
    ])
  })

  test('declared effort belongs to whoever acknowledged first', () => {
    const log = [logEntry('acknowledge', iso('02:00:00'), ada), logEntry('acknowledge', iso('02:10:00'), bo)]
    expect(mapped(incident(), log, 600).engagements.map((one) => one.declaredSeconds)).toEqual([600, null])
  })
})

describe('snoozes', () => {
  const until = (clock: string) => ({ changed_actions: [{ type: 'unacknowledge', at: iso(clock) }] })
  test.each([
    ['to the moment that it names', [logEntry('snooze', iso('02:00:00'), ada, until('04:00:00'))], [['02:00:00', '04:00:00']]],
    [
      'as many seconds as it lasts',
      [logEntry('snooze', iso('02:00:00'), ada, { channel: { type: 'api', duration: 3600 } })],
      [['02:00:00', '03:00:00']],
    ],
    [
      'as its channel says',
      [logEntry('snooze', iso('02:00:00'), ada, { channel: { type: 'api', snoozed_until: iso('02:45:00') } })],
      [['02:00:00', '02:45:00']],
    ],
    [
      'ended by a new acknowledgement',
      [logEntry('snooze', iso('02:00:00'), ada, until('04:00:00')), logEntry('acknowledge', iso('03:00:00'), bo)],
      [['02:00:00', '03:00:00']],
    ],
    [
      'an acknowledgement of the same moment is part of the snooze',
      [logEntry('acknowledge', iso('02:00:00'), ada), logEntry('snooze', iso('02:00:00'), ada, until('04:00:00'))],
      [['02:00:00', '04:00:00']],
    ],
    ['not beyond the end of the incident', [logEntry('snooze', iso('04:30:00'), ada, until('09:00:00'))], [['04:30:00', '05:00:00']]],
    [
      'a second snooze takes over',
      [logEntry('snooze', iso('02:00:00'), ada, until('04:00:00')), logEntry('snooze', iso('02:30:00'), ada, until('03:00:00'))],
      [
        ['02:00:00', '02:30:00'],
        ['02:30:00', '03:00:00'],
      ],
    ],
  ])('%s', (_, log, expected) => {
    const entries = [logEntry('acknowledge', iso('01:30:00'), ada), ...log]
    const { engagements } = mapped(incident({ resolved_at: iso('05:00:00') }), entries)
    expect(engagements[0]!.snoozed).toEqual(expected.map(([start, end]) => ({ start: at(start!), end: at(end!) })))
  })
})

test('a notification names its person by the user, or by the sentence', () => {
  const { interruptions } = mapped(incident(), [
    logEntry('notify', iso('01:00:01'), undefined, { user: bo, channel: { type: 'auto', notification: { type: 'phone' } } }),
    logEntry('notify', iso('01:00:02'), undefined, { summary: 'Notified Ada Lovelace by push notification.' }),
    logEntry('notify', iso('01:00:03'), undefined, { summary: 'Notified Ghost by SMS.' }),
    logEntry('acknowledge', iso('01:02:00'), ada),
  ])
  expect(interruptions.map(({ person, channel, at: when }) => [person.id, channel, when])).toEqual([
    ['PBO', 'phone', at('01:00:01')],
    ['PADA', 'push notification', at('01:00:02')],
    ['Ghost', 'SMS', at('01:00:03')],
  ])
})

test('shifts: the same schedule under two policies is one; without start and end it is permanent', () => {
  const schedule = { id: 'PSCH', type: 'schedule_reference', summary: 'Primary' }
  const policy = (id: string) => ({ id, type: 'escalation_policy_reference', summary: `Policy ${id}` })
  const span = { start: '2026-06-01T08:00:00+02:00', end: '2026-06-02T08:00:00+02:00' }
  const oncalls = oncallsPage.parse({
    oncalls: [
      { user: ada, schedule, escalation_policy: policy('A'), ...span },
      { user: ada, schedule, escalation_policy: policy('B'), ...span },
      { user: bo, schedule: null, escalation_policy: policy('A'), start: null, end: null },
    ],
  }).oncalls
  expect(mapOncalls(oncalls, 42).map(({ rotation, person, startsAt, endsAt }) => [rotation, person.id, startsAt, endsAt])).toEqual([
    ['Primary', 'PADA', at('06:00:00'), at('06:00:00') + 86_400_000],
    ['Policy A', 'PBO', 42, null],
  ])
})

test('settings: the address has a default, the token has not, and nothing unknown is taken', () => {
  expect(pagerDutySettings.parse({ token: 't' })).toEqual({ token: 't', url: 'https://api.pagerduty.com', analytics: false })
  expect(pagerDutySettings.safeParse({}).success).toBe(false)
  expect(pagerDutySettings.safeParse({ token: 't', tokn: 1 }).success).toBe(false)
  expect(pagerDutySettings.safeParse({ token: 't', url: 'ftp://x' }).success).toBe(false)
})

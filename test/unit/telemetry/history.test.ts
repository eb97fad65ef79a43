import { expect, test } from 'vitest'
import { type HistoryWindow, historyRuns } from '#lib/domain/telemetry/history.ts'

const at = (text: string): number => Date.parse(`2026-06-${text}Z`)
const shown = (ms: number): string => new Date(ms).toISOString().slice(8, 23)
const window = (from: string | null, to: string | null): HistoryWindow => ({
  fromMs: from === null ? undefined : at(from),
  toMs: to === null ? undefined : at(to),
})
/** The clock says 10 June, 12:00; a first reading takes a day. */
const runs = (position: string | null, wanted: HistoryWindow) =>
  historyRuns({ positionMs: position === null ? null : at(position), endMs: at('10T12:00:00'), historyMs: 86_400_000 }, wanted).map(
    ({ afterMs, toMs, replay, adopt }) => `${shown(afterMs)} ${shown(toMs)}${replay ? ' replay' : ''}${adopt ? ' adopt' : ''}`,
  )

test.each<[why: string, position: string | null, from: string | null, to: string | null, expected: string[]]>([
  ['the first reading takes what is asked for as history, in whole hours', null, null, null, ['09T11:59:59.999 10T12:00:00.000']],
  ['then it goes on where it stopped', '10T11:00:00', null, null, ['10T11:00:00.000 10T12:00:00.000']],
  ['until `to`, which is exclusive', '10T11:00:00', null, '10T11:30:00', ['10T11:00:00.000 10T11:29:59.999']],
  ['nothing is new', '10T12:00:00', null, null, []],
  ['a window in the future', null, '11T00:00:00', '12T00:00:00', []],
  ['a window on an empty store begins with its hour', null, '01T00:30:00', '02T00:00:00', ['31T23:59:59.999 01T23:59:59.999']],
  ['a later window leaves a gap', '08T00:00:00', '09T06:00:00', '09T08:00:00', ['09T05:59:59.999 09T07:59:59.999']],
  [
    'an earlier one is read again in whole hours and one more',
    '10T00:00:00',
    '01T06:20:00',
    '01T08:20:00',
    ['01T05:59:59.999 01T09:59:59.999 replay'],
  ],
  [
    'near the open hours the replay goes on to the position',
    '10T11:30:00',
    '09T06:00:00',
    '09T12:00:00',
    ['09T05:59:59.999 10T11:30:00.000 replay adopt'],
  ],
  [
    'and what is beyond it is read on',
    '10T06:00:00',
    '09T06:00:00',
    null,
    ['09T05:59:59.999 10T06:00:00.000 replay adopt', '10T06:00:00.000 10T12:00:00.000'],
  ],
])('%s', (_, position, from, to, expected) => {
  expect(runs(position, window(from, to))).toEqual(expected)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Actor, LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { ownException } from '#lib/services/own-exception.ts'
import { reportExceptions } from '#lib/services/report/exceptions.ts'
import { freshDatabase } from '#test/support/database.ts'
import { postLedger } from '#test/support/postings.ts'

const me = LOCAL_ADMINISTRATOR
const PERIOD = { from: '2026-06-01', to: '2026-07-01' }
const one = { kind: 'tokens_unmapped', subject: 'prompt tokens of no deployment' }
let context: ServiceContext
beforeAll(async () => {
  const db = await freshDatabase()
  context = { db, now: new Date('2026-07-01T00:00:00Z'), currency: 'USD', timezone: 'UTC', dataDir: '/nowhere' }
  await postLedger(db.pool, [
    { day: '2026-06-03', step: 'tokens', measure: 'tokens', item: 'prompt', quantity: '7' },
    { day: '2026-06-03', step: 'tokens', measure: 'tokens', item: 'generation', quantity: '5' },
  ])
})
afterAll(() => context.db.close())

const owners = async () =>
  Object.fromEntries((await reportExceptions(me, context, PERIOD)).rows.map(({ subject, owner }) => [subject.split(' ')[0], owner]))
const audited = async () =>
  (await context.db.pool.query("SELECT subject, detail FROM audit_log WHERE action = 'own_exception' ORDER BY audit_id")).rows

test('an owner stays with the exception, changes, goes, and each change is audited once', async () => {
  expect(await owners()).toEqual({ prompt: null, generation: null })
  await ownException(me, context, { ...one, owner: ' Ada ' })
  await ownException(me, context, { ...one, owner: 'Ada' })
  expect(await owners()).toEqual({ prompt: 'Ada', generation: null })
  await ownException(me, context, { ...one, owner: 'Grace' })
  await ownException(me, context, { ...one, owner: '' })
  await ownException(me, context, { ...one, owner: '' })
  expect(await owners()).toEqual({ prompt: null, generation: null })
  const subject = `${one.kind} ${one.subject}`
  expect(await audited()).toEqual(['Ada', 'Grace', null].map((owner) => ({ subject, detail: { owner } })))
})

test('refuses what is no exception, names without end, and who may only read', async () => {
  await expect(ownException(me, context, { ...one, kind: 'else', owner: 'x' })).rejects.toMatchObject({ code: 'bad_exception' })
  await expect(ownException(me, context, { ...one, owner: 'x'.repeat(101) })).rejects.toMatchObject({ code: 'bad_owner' })
  const viewer: Actor = { name: 'v', role: 'viewer' }
  await expect(ownException(viewer, context, { ...one, owner: 'x' })).rejects.toMatchObject({ code: 'not_allowed' })
})

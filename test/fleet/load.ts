// Loads a simulated fleet the way any fleet is loaded: the configuration is read, targets are scraped, PagerDuty is pulled over HTTP,
// files are imported. Nothing is written to tables directly.
import path from 'node:path'
import { collectSource } from '#collectors/collect.ts'
import { KINDS, settingsOf } from '#collectors/registry.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { applyConfig } from '#lib/services/config/apply.ts'
import { readConfig } from '#lib/services/config/read.ts'
import { type ServiceContext, serviceContext } from '#lib/services/context.ts'
import { mapReplicas } from '#lib/services/map-replicas.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import type { Db } from '#lib/store/pool.ts'
import type { Delivery } from './sim/bills.ts'
import { type Addresses, writeConfig } from './sim/config-files.ts'
import { writeDelivery } from './sim/focus-file.ts'
import type { Staff } from './sim/people.ts'
import type { Fleet } from './sim/shape.ts'
import { DAY, type Span } from './sim/time.ts'

export type Loader = {
  context: ServiceContext
  folder: string
  /** One scrape of every target while the simulator's clock stands at each window, in turn. */
  scrape: (setWindow: (window: Span) => Promise<void>, windows: Iterable<Span>, progress?: (window: Span) => void) => Promise<void>
  pager: () => Promise<void>
  timesheet: () => Promise<void>
  bill: (delivery: Delivery) => Promise<unknown>
  reconcile: (now?: Date) => Promise<Awaited<ReturnType<typeof reconcileDays>>>
}

export type LoaderOptions = { db: Db; folder: string; dataDir: string; fleet: Fleet; staff: Staff; addresses: Addresses }

/** Windows of so many hours from the beginning to the end. */
export function* windowsOf({ from, to }: Span, hours: number): Generator<Span> {
  for (let at = from; at < to; at += (hours * DAY) / 24) yield { from: at, to: Math.min(to, at + (hours * DAY) / 24) }
}

export async function openLoader({ db, folder, dataDir, fleet, staff, addresses }: LoaderOptions): Promise<Loader> {
  const config = await readConfig(writeConfig(folder, fleet, staff, addresses), { kinds: KINDS, settingsOf })
  const now = new Date(fleet.end)
  await applyConfig(LOCAL_ADMINISTRATOR, db, config, now)
  const context = { ...(await serviceContext(db)), now, dataDir }
  await mapReplicas(LOCAL_ADMINISTRATOR, context)
  const ids = new Map((await db.prisma.source.findMany()).map((row) => [row.name, row.sourceId]))
  const source = (name: string) => ({ ...config.sources.find((one) => one.name === name)!, sourceId: ids.get(name)! })
  return {
    context,
    folder,
    scrape: async (setWindow, windows, progress) => {
      for (const window of windows) {
        await setWindow(window)
        await collectSource({ ...context, now: new Date(window.to) }, source('fleet'), {})
        progress?.(window)
      }
    },
    pager: async () => void (await collectSource(context, source('pager'), { from: new Date(fleet.start - DAY), to: now })),
    timesheet: async () => void (await collectSource(context, source('timesheet'), {})),
    bill: async (delivery) => {
      const file = await writeDelivery(path.join(folder, 'bills'), delivery)
      const one = source(delivery.source)
      const { result } = await collectSource(context, { ...one, settings: { ...one.settings, path: file } }, {})
      return result
    },
    reconcile: (at = now) => reconcileDays(LOCAL_ADMINISTRATOR, { ...context, now: at }),
  }
}

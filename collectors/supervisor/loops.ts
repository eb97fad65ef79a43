// What the collectors' process does while it runs: each loop on its own, none stops another.
import { collectSource } from '#collectors/collect.ts'
import { listingOf, type Pullable } from '#collectors/files.ts'
import { COLLECTORS, isKind } from '#collectors/registry.ts'
import { runScrapeLoop } from '#collectors/telemetry/scrape/loop.ts'
import { systemClock } from '#lib/clock.ts'
import { messageOf } from '#lib/errors.ts'
import { log } from '#lib/log.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { reconcileDays } from '#lib/services/reconcile.ts'
import type { OpenSession } from '../cli/session.ts'
import { runJobs } from './jobs.ts'

const PULL_EVERY_MS = 5 * 60_000
const FILES_EVERY_MS = 60_000
const FILES_AGAIN_MS = 60 * 60_000
const RECONCILE_EVERY_MS = 5_000
const JOBS_EVERY_MS = 1_000

/** Runs `work` at once and then every `everyMs`, until the signal; a failure is logged and tried again next time. */
async function repeat(name: string, everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error) => {
      if (!signal.aborted) log.error({ loop: name, error: messageOf(error) }, 'failed; will try again')
    })
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, everyMs)
      function done() {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      signal.addEventListener('abort', done)
    })
  }
}

/** A path that is missing is for collecting to complain about, every time anew. */
function listingIfAny(source: Pullable): string | undefined {
  try {
    return listingOf(source)
  } catch {
    return undefined
  }
}

/**
 * Files are read again when the listing has changed, and once an hour whatever it says: what they hold is decided by content, but
 * reading gigabytes every minute to learn that nothing came would help nobody.
 */
function changedFiles(source: Pullable): () => boolean {
  let seen: string | undefined
  let readAt = 0
  return () => {
    const [listing, now] = [listingIfAny(source), systemClock().getTime()]
    if (listing !== undefined && listing === seen && now - readAt < FILES_AGAIN_MS) return false
    seen = listing
    readAt = now
    return true
  }
}

/** Starts collecting and reconciling; resolves when the signal has stopped all of it. */
export async function runLoops(session: OpenSession, signal: AbortSignal): Promise<void> {
  const fresh = () => ({ ...session.context, now: systemClock() })
  const loops = session.sources.map((declared) => {
    const source = session.source(declared.name)
    if (isKind(source.kind) && COLLECTORS[source.kind].facts === 'telemetry') return runScrapeLoop(session.context, source, signal)
    const facts = isKind(source.kind) ? COLLECTORS[source.kind].facts : undefined
    const due = facts === 'bills' || facts === 'time' ? changedFiles(source) : () => true
    return repeat(source.name, facts === 'incidents' ? PULL_EVERY_MS : FILES_EVERY_MS, signal, async () => {
      if (due()) await collectSource(fresh(), source, {}, signal)
    })
  })
  loops.push(repeat('reconcile', RECONCILE_EVERY_MS, signal, async () => void (await reconcileDays(LOCAL_ADMINISTRATOR, fresh(), {}))))
  loops.push(repeat('jobs', JOBS_EVERY_MS, signal, () => runJobs(session, signal)))
  await Promise.all(loops)
}

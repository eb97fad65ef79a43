// One HTTP request for one exposition, bounded in time and bytes.
import { Failure, messageOf } from '#lib/errors.ts'
import type { Scrape, ScrapeTarget } from '#lib/ingest/contract.ts'

const ACCEPT = 'text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.7,text/plain;q=0.5,*/*;q=0.1'

export type FetchOptions = { timeoutMs: number; maxBytes: number; token?: string; now: Date; signal: AbortSignal }

const down = (target: ScrapeTarget, what: string, cause?: unknown): Failure =>
  new Failure('unavailable', 'target_down', `${target.url}: ${what}`, { remedy: 'its hours stay uncovered until it answers again', cause })

async function bodyOf(response: Response, target: ScrapeTarget, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw down(target, `its answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Fetches the target. Throws `unavailable` when it cannot be reached in time, refuses, or sends too much or a web page. */
export async function fetchExposition(target: ScrapeTarget, options: FetchOptions): Promise<Scrape> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)])
  try {
    const headers: Record<string, string> = { accept: ACCEPT, 'user-agent': 'denominator' }
    if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`
    const response = await fetch(target.url, { headers, signal })
    if (!response.ok) {
      await response.body?.cancel()
      throw down(target, `answered ${response.status} ${response.statusText}`.trim())
    }
    const type = response.headers.get('content-type') ?? ''
    if (/html|json|xml/i.test(type)) {
      await response.body?.cancel()
      throw down(target, `answered with ${type}, which is no exposition`)
    }
    const body = await bodyOf(response, target, options.maxBytes)
    return { atMs: options.now.getTime(), openMetrics: /openmetrics/i.test(type), body }
  } catch (error) {
    if (error instanceof Failure) throw error
    const cause = error instanceof Error && error.cause ? error.cause : error
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    throw down(target, timedOut ? `no answer within ${options.timeoutMs} ms` : messageOf(cause), error)
  }
}

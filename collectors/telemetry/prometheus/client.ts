// Questions to the HTTP API: bounded in time and bytes, asked again where that may help, never followed elsewhere.
import { Failure, messageOf } from '#lib/errors.ts'
import { pause } from '../scrape/pause.ts'
import { type Answer, errorIn, readAnswer } from './answer.ts'
import type { PrometheusSettings } from './schema.ts'

/** Asking for less may help: a limit of the server or of `max_bytes`, or time ran out. */
export class TooMuch extends Failure {
  readonly timedOut: boolean
  constructor(url: string, what: string, timedOut = false) {
    super('unavailable', 'prometheus_too_much', `${url}: ${what}`, {
      remedy: timedOut
        ? 'raise `timeout`, or narrow what is read with `matchers`'
        : 'raise the limit of the server (or `max_bytes`), or narrow what is read with `matchers`',
    })
    this.timedOut = timedOut
  }
}

const TRIES = 3
const PAUSE_MS = 500
const MOST_PAUSE_MS = 30_000
const REMEDIES: Record<number, string> = {
  401: 'check username and password, or token',
  403: 'check token and tenant: what may this account read?',
  404: 'check `url`: is there a path prefix, such as /prometheus?',
}
/** Every answer of VictoriaMetrics has it, through its own proxies too. */
const OF_VICTORIA_METRICS = 'x-server-hostname'
/** Worth another try, after a while. */
const BUSY = new Set([429, 502, 503, 504])

function headersOf(settings: PrometheusSettings): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'denominator', ...settings.headers }
  if (settings.tenant !== undefined) headers['x-scope-orgid'] = settings.tenant
  if (settings.token !== undefined) headers.authorization = `Bearer ${settings.token}`
  if (settings.username !== undefined)
    headers.authorization = `Basic ${Buffer.from(`${settings.username}:${settings.password ?? ''}`).toString('base64')}`
  return headers
}

async function textOf(response: Response, maxBytes: number, url: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new TooMuch(url, `its answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

type Asked = { answer: Answer } | { busy: Failure; afterMs: number | null }

async function refusal(response: Response, text: string, url: string): Promise<Asked> {
  const { status } = response
  if (status >= 300 && status < 400)
    throw new Failure(
      'unavailable',
      'prometheus_redirect',
      `${url}: answered ${status} to ${response.headers.get('location') ?? 'nowhere'}`,
      {
        remedy: 'write the final address into `url`',
      },
    )
  const said = errorIn(text)
  if (status === 422 || status === 413) throw new TooMuch(url, `answered ${status}, ${said}`)
  const failure = new Failure('unavailable', 'prometheus_refused', `${url}: answered ${status}, ${said}`, { remedy: REMEDIES[status] })
  if (!BUSY.has(status)) throw failure
  // An evaluation that timed out will not fare better unless less is asked for.
  if (status === 503 && said.startsWith('timeout:')) throw new TooMuch(url, `answered ${status}, ${said}`, true)
  const after = Number(response.headers.get('retry-after') ?? Number.NaN)
  return { busy: failure, afterMs: Number.isFinite(after) ? after * 1000 : null }
}

async function once(settings: PrometheusSettings, path: string, init: RequestInit, signal: AbortSignal): Promise<Asked> {
  const { url } = settings
  const limited = AbortSignal.any([signal, AbortSignal.timeout(settings.timeout)])
  try {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: headersOf(settings),
      redirect: 'manual',
      signal: limited,
    })
    const text = await textOf(response, settings.max_bytes, url)
    return response.ok ? { answer: readAnswer(url, text, response.headers.has(OF_VICTORIA_METRICS)) } : await refusal(response, text, url)
  } catch (error) {
    if (error instanceof Failure || signal.aborted) throw error
    if (error instanceof Error && error.name === 'TimeoutError') throw new TooMuch(url, `no answer within ${settings.timeout} ms`, true)
    const cause = error instanceof Error && error.cause ? error.cause : error
    return {
      busy: new Failure('unavailable', 'prometheus_down', `${url}: ${messageOf(cause)}`, {
        remedy: 'is it running, and is `url` right?',
        cause: error,
      }),
      afterMs: null,
    }
  }
}

/** Throws `unavailable`: TooMuch where asking for less may help. */
async function ask(settings: PrometheusSettings, path: string, init: RequestInit, signal: AbortSignal): Promise<Answer> {
  for (let tried = 1; ; tried++) {
    const asked = await once(settings, path, init, signal)
    if ('answer' in asked) return asked.answer
    if (tried === TRIES) throw asked.busy
    await pause(Math.min(MOST_PAUSE_MS, asked.afterMs ?? PAUSE_MS * 2 ** tried), signal)
    signal.throwIfAborted()
  }
}

/** Thanos and VictoriaMetrics would rather answer in part than not at all; others ignore these. */
const WHOLE = { partial_response: 'false', deny_partial_response: '1', nocache: '1' }

export function query(settings: PrometheusSettings, expression: string, timeMs: number, signal: AbortSignal): Promise<Answer> {
  const body = new URLSearchParams({ query: expression, time: (timeMs / 1000).toFixed(3), ...WHOLE })
  return ask(settings, '/api/v1/query', { method: 'POST', body }, signal)
}

export function labelValues(
  settings: PrometheusSettings,
  label: string,
  match: string,
  span: { afterMs: number; toMs: number },
  signal: AbortSignal,
): Promise<Answer> {
  const second = (ms: number) => (ms / 1000).toFixed(3)
  const params = new URLSearchParams({ 'match[]': match, start: second(span.afterMs), end: second(span.toMs), ...WHOLE })
  return ask(settings, `/api/v1/label/${label}/values?${params}`, {}, signal)
}

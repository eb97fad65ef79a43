// Errors become application/problem+json (RFC 9457) here and nowhere else.
import { ZodError } from 'zod'
import { Failure } from '#lib/errors.ts'
import { log } from '#lib/log.ts'

const STATUS: Record<Failure['kind'], number> = { usage: 400, forbidden: 403, missing: 404, refused: 422, unavailable: 503 }

function answer(status: number, code: string, title: string, more: Record<string, unknown> = {}): Response {
  const body = JSON.stringify({ type: `urn:denominator:problem:${code}`, title, status, code, ...more })
  return new Response(body, { status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } })
}

export function problem(error: unknown): Response {
  if (error instanceof Failure) {
    const { code, message, remedy, place } = error
    const where = Object.keys(place).length > 0 ? { place } : {}
    return answer(STATUS[error.kind], code, message, { ...(remedy ? { remedy } : {}), ...where })
  }
  if (error instanceof ZodError) {
    const issues = error.issues.map((issue) => ({ parameter: issue.path.join('.'), reason: issue.message }))
    return answer(400, 'bad_parameter', issues.map((issue) => `${issue.parameter}: ${issue.reason}`).join('; '), { issues })
  }
  log.error({ err: error }, 'a request failed')
  return answer(500, 'internal', 'the server failed to answer', { remedy: 'see the log of the server' })
}

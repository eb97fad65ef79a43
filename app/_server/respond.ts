import { Failure } from '#lib/errors.ts'
import { type Asked, asked } from './context.ts'
import { problem } from './problem.ts'

type Params = Record<string, string | string[]>
type Work = (asked: Asked, search: URLSearchParams, params: Params) => Promise<unknown>

/** A GET route: the request's actor and context, then `work`, then JSON; whatever it throws becomes a problem. */
export const getRoute =
  (work: Work) =>
  async (request: Request, route: { params: Promise<Params> }): Promise<Response> => {
    try {
      const who = await asked(request)
      const result = await work(who, new URL(request.url).searchParams, await route.params)
      return new Response(JSON.stringify(result), { headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } })
    } catch (error) {
      return problem(error)
    }
  }

const JSON_TYPE = 'application/json'

/**
 * A PUT route for the pages of this very origin: a JSON body, and no request that a foreign page could make a browser send. Whatever it
 * throws becomes a problem.
 */
export const putRoute =
  (work: (asked: Asked, body: unknown) => Promise<unknown>) =>
  async (request: Request): Promise<Response> => {
    try {
      const who = await asked(request)
      const site = request.headers.get('sec-fetch-site')
      if (site !== null && site !== 'same-origin')
        throw new Failure('forbidden', 'foreign_origin', 'only pages of this server may change things', { remedy: 'open the page itself' })
      if (!request.headers.get('content-type')?.startsWith(JSON_TYPE))
        throw new Failure('usage', 'not_json', 'the body is not JSON', { remedy: `send it as ${JSON_TYPE}` })
      const body: unknown = await request.json().catch(() => undefined)
      const result = await work(who, body)
      return new Response(JSON.stringify(result), { headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store' } })
    } catch (error) {
      return problem(error)
    }
  }

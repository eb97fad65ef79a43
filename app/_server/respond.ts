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

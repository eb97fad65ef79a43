import { problem } from '#app/_server/problem.ts'
import { Failure } from '#lib/errors.ts'

/** Addresses of the API that are none answer as a problem, not as a page. */
export const GET = (): Response =>
  problem(new Failure('missing', 'no_route', 'there is nothing at this address', { remedy: 'see /api/v1/openapi.json' }))

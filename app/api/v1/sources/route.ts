import { getRoute } from '#app/_server/respond.ts'
import { listSources } from '#lib/services/sources.ts'

export const GET = getRoute(({ actor, context }) => listSources(actor, context))

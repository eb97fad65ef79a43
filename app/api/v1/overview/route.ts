import { parsePeriod } from '#app/_queries/period.ts'
import { getRoute } from '#app/_server/respond.ts'
import { dayOf } from '#lib/domain/time.ts'
import { overview } from '#lib/services/overview.ts'

export const GET = getRoute(({ actor, context }, search) =>
  overview(actor, context, parsePeriod(Object.fromEntries(search), dayOf(context.now.getTime()))),
)

import { parseOnCallPeriod } from '#app/_queries/on-call.ts'
import { getRoute } from '#app/_server/respond.ts'
import { dayOf } from '#lib/domain/time.ts'
import { onCall } from '#lib/services/on-call.ts'

export const GET = getRoute(({ actor, context }, search) =>
  onCall(actor, context, parseOnCallPeriod(Object.fromEntries(search), dayOf(context.now.getTime()))),
)

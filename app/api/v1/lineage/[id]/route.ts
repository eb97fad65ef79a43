import { lineageParams } from '#app/_server/params.ts'
import { getRoute } from '#app/_server/respond.ts'
import { openLineage } from '#lib/services/lineage.ts'

export const GET = getRoute(({ actor, context }, search, { id }) =>
  openLineage(actor, context, { id: String(id), ...lineageParams.parse(Object.fromEntries(search)) }),
)

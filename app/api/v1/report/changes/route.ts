import { readChangesParams } from '#app/_server/params.ts'
import { getRoute } from '#app/_server/respond.ts'
import { reportChanges } from '#lib/services/report/changes.ts'

export const GET = getRoute(({ actor, context }, search) => reportChanges(actor, context, readChangesParams(search)))

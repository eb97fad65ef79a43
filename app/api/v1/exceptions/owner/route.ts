import { exceptionOwner } from '#app/_server/params.ts'
import { putRoute } from '#app/_server/respond.ts'
import { ownException } from '#lib/services/own-exception.ts'

export const PUT = putRoute(({ actor, context }, body) => ownException(actor, context, exceptionOwner.parse(body)))

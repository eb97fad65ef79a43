import { asked } from '#app/_server/context.ts'
import { CONTENT_TYPE, exposition } from '#app/_server/metrics.ts'
import { problem } from '#app/_server/problem.ts'
import { addDays, dayOf } from '#lib/domain/time.ts'
import { health } from '#lib/services/health.ts'
import { overview } from '#lib/services/overview.ts'

export const dynamic = 'force-dynamic'

export async function GET(request: Request): Promise<Response> {
  try {
    const { actor, context } = await asked(request)
    const today = dayOf(context.now.getTime())
    const [own, fleet] = await Promise.all([
      health(actor, context),
      overview(actor, context, { from: addDays(today, -30), to: today, basis: 'effective' }),
    ])
    return new Response(await exposition(own, fleet), { headers: { 'content-type': CONTENT_TYPE } })
  } catch (error) {
    return problem(error)
  }
}

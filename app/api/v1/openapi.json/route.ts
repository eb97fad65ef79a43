import { openapi } from '#app/_server/openapi.ts'

export const GET = (): Response => Response.json(openapi())

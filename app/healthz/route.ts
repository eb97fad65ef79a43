/** The process answers. Says nothing else, so it may be asked by anyone. */
export const dynamic = 'force-dynamic'
export const GET = (): Response => new Response('ok\n', { headers: { 'cache-control': 'no-store' } })

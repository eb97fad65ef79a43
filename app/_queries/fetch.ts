/** What the API says when it refuses: an RFC 9457 problem. */
export type Problem = { title: string; detail?: string; code: string; status: number; remedy?: string }

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T
  const problem = (await response.json().catch(() => null)) as Problem | null
  const text = problem ? [problem.detail ?? problem.title, problem.remedy].filter(Boolean).join(' — ') : `HTTP ${response.status}`
  throw new Error(text)
}

/** GETs JSON; throws an Error whose message is the problem's sentence and remedy. */
export const getJson = async <T>(path: string, signal: AbortSignal): Promise<T> =>
  answer<T>(await fetch(path, { signal, headers: { accept: 'application/json' } }))

/** PUTs JSON; throws as getJson does. */
export const putJson = async <T>(path: string, body: unknown): Promise<T> =>
  answer<T>(await fetch(path, { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }))

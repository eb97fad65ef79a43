/** What the API says when it refuses: an RFC 9457 problem. */
export type Problem = { title: string; detail?: string; code: string; status: number; remedy?: string }

/** GETs JSON; throws an Error whose message is the problem's sentence and remedy. */
export async function getJson<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(path, { signal, headers: { accept: 'application/json' } })
  if (response.ok) return (await response.json()) as T
  const problem = (await response.json().catch(() => null)) as Problem | null
  const text = problem ? [problem.detail ?? problem.title, problem.remedy].filter(Boolean).join(' — ') : `HTTP ${response.status}`
  throw new Error(text)
}

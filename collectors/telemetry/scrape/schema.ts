import { z } from 'zod'

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `15s`, `500ms`, `2m`, `30d`, or a number of milliseconds; in milliseconds. */
export const duration = (least: number, most: number) =>
  z
    .union([z.number(), z.string()])
    .transform((value, context) => {
      const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(value)) ?? []
      const ms = typeof value === 'number' ? value : Number(count) * (UNITS[unit ?? ''] ?? Number.NaN)
      if (Number.isFinite(ms)) return ms
      context.addIssue({ code: 'custom', message: 'not a duration: write 15s, 500ms or 2m' })
      return z.NEVER
    })
    .pipe(z.number().min(least).max(most))

const url = z.url({ protocol: /^https?$/, error: 'not an http or https address' })
const labels = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'not a label name'), z.string())

export const scrapeSettings = z.strictObject({
  /** Addresses of expositions; labels are added to what they say. */
  targets: z.array(z.union([url, z.strictObject({ url, labels: labels.default({}) })])).min(1, 'name at least one target'),
  interval: duration(1000, 600_000).default(15_000),
  timeout: duration(100, 600_000).default(30_000),
  /** Sent as `Authorization: Bearer …`. */
  token: z.string().min(1).optional(),
  /** For every target of the source. */
  labels: labels.default({}),
  max_bytes: z
    .number()
    .int()
    .positive()
    .default(256 * 1024 * 1024),
})
export type ScrapeSettings = z.infer<typeof scrapeSettings>

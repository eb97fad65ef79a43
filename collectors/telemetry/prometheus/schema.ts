import { z } from 'zod'
import { duration } from '../scrape/schema.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const MATCHER = /^[a-zA-Z_][a-zA-Z0-9_]*(?:=|!=|=~|!~)"(?:[^"\\\n]|\\.)*"$/

export const prometheusSettings = z
  .strictObject({
    /** Where `/api/v1/query` hangs: `http://prometheus:9090`, `https://mimir/prometheus`, `http://vm:8428`. */
    url: z.url({ protocol: /^https?$/, error: 'not an http or https address' }).transform((url) => url.replace(/\/+$/, '')),
    headers: z.record(z.string(), z.string()).default({}),
    username: z.string().min(1).optional(),
    password: z.string().optional(),
    /** Sent as `Authorization: Bearer …`. */
    token: z.string().min(1).optional(),
    /** Sent as `X-Scope-OrgID`: Mimir, Cortex, Thanos receivers. */
    tenant: z.string().min(1).optional(),
    /** Narrows what is read: `cluster="a"`, `job=~"dcgm.*"`. All must hold. */
    matchers: z.array(z.string().regex(MATCHER, 'write label="value", with one of =, !=, =~, !~')).default([]),
    /** The longest stretch asked for at once; it shrinks by itself where the server or `max_bytes` finds it too much. */
    window: duration(MINUTE, DAY).default(3_600_000),
    /** Samples younger than this may still be on their way to the server. */
    lag: duration(0, DAY).default(MINUTE),
    /** How much is read the first time, when no `--from` says more. */
    history: duration(0, 3660 * DAY).default(DAY),
    timeout: duration(100, 30 * MINUTE).default(MINUTE),
    max_bytes: z
      .number()
      .int()
      .positive()
      .default(32 * 1024 * 1024),
  })
  .refine((settings) => settings.token === undefined || settings.username === undefined, {
    message: 'give either token or username and password',
    path: ['token'],
  })
  .refine((settings) => (settings.username === undefined) === (settings.password === undefined), {
    message: 'username and password go together',
    path: ['password'],
  })
export type PrometheusSettings = z.infer<typeof prometheusSettings>

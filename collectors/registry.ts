// Every kind of source, by its name in denominator.yaml. One line an adapter.
import type { z } from 'zod'
import { awsCur } from '#collectors/bills/aws-cur/index.ts'
import { azureCost } from '#collectors/bills/azure-cost/index.ts'
import { focus } from '#collectors/bills/focus/index.ts'
import { gcpBilling } from '#collectors/bills/gcp-billing/index.ts'
import { invoiceCsv } from '#collectors/bills/invoice-csv/index.ts'
import { ociCost } from '#collectors/bills/oci-cost/index.ts'
import { owned } from '#collectors/bills/owned/index.ts'
import { pagerduty } from '#collectors/incidents/pagerduty/index.ts'
import { prometheus } from '#collectors/telemetry/prometheus/index.ts'
import { scrape } from '#collectors/telemetry/scrape/index.ts'
import { timeCsv } from '#collectors/time/time-csv/index.ts'

export const COLLECTORS = {
  'aws-cur': awsCur,
  'azure-cost': azureCost,
  focus,
  'gcp-billing': gcpBilling,
  'invoice-csv': invoiceCsv,
  'oci-cost': ociCost,
  owned,
  pagerduty,
  prometheus,
  scrape,
  'time-csv': timeCsv,
} as const

export type Kind = keyof typeof COLLECTORS
export const KINDS = Object.keys(COLLECTORS) as Kind[]

export const isKind = (kind: string): kind is Kind => kind in COLLECTORS
export const collectorFor = (kind: string) => (isKind(kind) ? COLLECTORS[kind] : undefined)
export const settingsOf = (kind: string): z.ZodType<unknown> | undefined => collectorFor(kind)?.settings

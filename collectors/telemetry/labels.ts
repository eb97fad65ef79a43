import type { Labels } from '#lib/domain/telemetry/reading.ts'

/** The first of these labels that says something; LiteLLM and others write a missing value as the text "None". */
export function labelOf(labels: Labels, ...names: string[]): string | null {
  for (const name of names) {
    const value = labels[name]
    if (value !== undefined && value !== '' && value !== 'None') return value
  }
  return null
}

/** A device index: a small whole number, else null. */
export function indexOf(text: string | null): number | null {
  return text !== null && /^\d{1,5}$/.test(text) ? Number(text) : null
}

/** One spelling for a GPU over all exporters: with the prefix. */
export const gpuUuid = (text: string): string => (/^[0-9a-fA-F]{8}-[0-9a-fA-F-]+$/.test(text) ? `GPU-${text}` : text)

/** Where Kubernetes says the measured thing runs; `exported_*` is what a scrape renamed because its own label was in the way. */
export const podOf = (labels: Labels): { namespace: string | null; pod: string | null } => ({
  namespace: labelOf(labels, 'exported_namespace', 'namespace', 'pod_namespace'),
  pod: labelOf(labels, 'exported_pod', 'pod', 'pod_name'),
})

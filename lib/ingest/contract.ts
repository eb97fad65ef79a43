// What a collector is. Collectors (collectors/) import this; it never imports them.
import type { z } from 'zod'
import type { BillLine } from '#lib/domain/bill.ts'
import type { IncidentFacts, TimeEntry } from '#lib/domain/people.ts'
import type { Binding } from '#lib/domain/telemetry/reading.ts'
import type { Target } from '#lib/domain/telemetry/target.ts'

/** Where a row stood, to the line. `line` is the physical line of the file, the header being line 1; a Parquet row counts as one. */
export type Place = { file: string; line: number }

/** A row that could not be taken: nothing of it is lost. `billed` and `effective` are texts of what money could be read. */
export type Reject = Place & {
  column: string | null
  value: string | null
  reason: string
  currency?: string | null
  billed?: string | null
  effective?: string | null
  /** To which bill it belongs, where that could be read: the account, and the first day of the billing period. */
  billingAccount?: string | null
  billingPeriod?: string | null
}

/** `part`: another charge that the row before it states too (a fee and the commitment that nothing used); the row counts once. */
export type Row<Fact> = Place & { fact: Fact; part?: true }
/** A run of rows as they came; adapters yield some thousand at a time. */
export type Portion<Fact> = { rows: Row<Fact>[]; rejects: Reject[] }

/** A delivered file, already in the landing store. `name` is what the user called it; `path` where its bytes lie now. */
export type DeliveredFile = { name: string; path: string; sha256: string; bytes: number }

/** What a file turned out to be, known before its rows are read. Throws `refused` when it is not what it claims. */
export type FileReading<Fact> = {
  dialect: string
  portions: AsyncIterable<Portion<Fact>>
  /** The provider numbers every line when it closes a bill: without those numbers the bill is not final, however old. */
  closesByInvoice?: true
  /**
   * Bills: of which export of a bill this is, where a provider states one bill in several. The export's name becomes part of what a file
   * replaces; a bill of this kind that is already current by another export is refused, unless `beside` names it (`%`: anything).
   */
  export?: { name: string; beside: readonly string[] }
}

type Base<Settings> = {
  kind: string
  /** Settings of this kind in denominator.yaml beyond name, kind: validated before anything connects. */
  settings: z.ZodType<Settings>
}

export type FileCollector<Fact, Settings = unknown> = Base<Settings> & {
  open: (file: DeliveredFile, settings: Settings, context: { period?: string; scratchDir: string }) => Promise<FileReading<Fact>>
}

export type BillCollector<Settings = unknown> = FileCollector<BillLine, Settings> & { facts: 'bills' }
export type TimeCollector<Settings = unknown> = FileCollector<TimeEntry, Settings> & { facts: 'time' }

/** A complete listing of a window: what is absent from it has closed. */
export type PullWindow = { from: Date; to: Date }
export type IncidentCollector<Settings = unknown> = Base<Settings> & {
  facts: 'incidents'
  pull: (window: PullWindow, settings: Settings, context: { now: Date; signal: AbortSignal }) => Promise<IncidentFacts>
}

/** Telemetry read from targets: bytes of one scrape in, accumulated hours out (lib/ingest/telemetry). */
export type ScrapeCollector<Settings = unknown> = Base<Settings> & {
  facts: 'telemetry'
  targets: (settings: Settings) => ScrapeTarget[]
  /** Nothing connects before `fetch`. */
  open: (target: ScrapeTarget, settings: Settings, into: Target) => TargetReader
}
export type TargetReader = {
  /** Throws `unavailable` when the target is down or answers with what is no exposition: a gap, never a zero. */
  fetch: (now: Date, signal: AbortSignal) => Promise<Scrape>
  /** Adds the scrape's samples to the target's accumulators. Throws `refused` beyond the limits. */
  apply: (scrape: Scrape) => { samples: number; rejected: number; rejects: ScrapeReject[] }
}
/** One answer of a target. Samples without a timestamp of their own are of `atMs`, when it was asked. */
export type Scrape = { atMs: number; openMetrics: boolean; body: Buffer }
export type ScrapeReject = { line: number; column: number; reason: string; text: string }
export type ScrapeTarget = { url: string; instance: string; labels: Record<string, string> }

/** Telemetry read from a server that keeps what others scraped: raw samples with their own timestamps. */
export type SeriesCollector<Settings = unknown> = Base<Settings> & {
  facts: 'series'
  /** Nothing connects before the first question. */
  open: (settings: Settings) => SeriesReader
}
/** Milliseconds: after `afterMs`, up to and including `toMs`. */
export type SampleSpan = { afterMs: number; toMs: number }
/** `warnings` are the server's own, for people. */
export type SeriesReader = {
  url: string
  /** How far behind the clock samples are complete, and how much history a first reading takes; milliseconds. */
  lagMs: number
  historyMs: number
  /** The scrape instances that have series to read in the span; '' stands for series that name none. */
  instances: (span: SampleSpan, signal: AbortSignal) => Promise<{ instances: string[]; warnings: string[] }>
  /** Every sample of the span, in pieces by time: a piece is complete when it is yielded. Throws `unavailable`; never half a piece. */
  read: (instances: readonly string[], span: SampleSpan, signal: AbortSignal) => AsyncIterable<SeriesPiece>
}
export type SeriesPiece = { toMs: number; series: RawSeries[]; warnings: string[] }
/** Samples of one series by time: milliseconds and values. */
export type RawSeries = { instance: string; binding: Binding; times: Float64Array; values: Float64Array }

export type Collector =
  | BillCollector<never>
  | TimeCollector<never>
  | IncidentCollector<never>
  | ScrapeCollector<never>
  | SeriesCollector<never>

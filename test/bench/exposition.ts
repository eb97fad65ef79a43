// Reading expositions scrape after scrape, as a collector does, against the parser that Node projects use. Both get the same bodies of a
// node with eight GPUs and an engine; ours validates in full, the peer does not.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'
import { ExpositionReader } from '#collectors/telemetry/exposition/reader.ts'
import type { Labels } from '#lib/domain/telemetry/reading.ts'
import { Failure } from '#lib/errors.ts'
import { type BenchResult, median } from './bench.ts'
import { scrapeBody } from './exposition-body.ts'

type PeerMetric = { labels?: Record<string, string>; value?: string; buckets?: Record<string, string> }
type PeerFamily = { name: string; metrics: PeerMetric[] }
type Sample = { series: { name: string; labels: Labels }; value: number }

const require = createRequire(import.meta.url)
const PEER = 'parse-prometheus-text-format'
const parsePeer = require(PEER) as (text: string) => PeerFamily[]

const keyOf = (name: string, labels: Record<string, string>): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .sort()
    .join()}}`

/** The peer folds histograms and loses their labels, sum and count: what it keeps of them is the count of each bucket. */
function peerAnswers(families: readonly PeerFamily[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const { name, metrics } of families)
    for (const { labels = {}, value, buckets = {} } of metrics) {
      if (value !== undefined) found.set(keyOf(name, labels), Number(value))
      for (const [le, n] of Object.entries(buckets)) found.set(keyOf(`${name}_bucket`, { le }), Number(n))
    }
  return found
}

function ourAnswers(samples: readonly Sample[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const { series, value } of samples) {
    const { le } = series.labels
    if (le !== undefined) found.set(keyOf(series.name, { le }), value)
    else if (!/_(?:sum|count)$/.test(series.name)) found.set(keyOf(series.name, series.labels), value)
  }
  return found
}

function newReader(): (body: Buffer) => Sample[] {
  let samples: Sample[] = []
  const reader = new ExpositionReader<Sample['series']>({
    open: (name, labels) => ({ name, labels }),
    add: (series, value) => samples.push({ series, value }),
  })
  return (body) => {
    samples = []
    const { rejected } = reader.read(body, 0)
    if (rejected > 0) throw new Failure('refused', 'bench_input', 'the generated exposition is malformed')
    return samples
  }
}

function sameAnswers(bodies: readonly Buffer[]): void {
  const read = newReader()
  for (const body of bodies) {
    if (!isDeepStrictEqual(ourAnswers(read(body)), peerAnswers(parsePeer(body.toString()))))
      throw new Failure('refused', 'bench_answers', `ours and ${PEER} read different samples`)
  }
}

/** Samples a second over all bodies. */
function rate(bodies: readonly Buffer[], samples: number, work: (body: Buffer) => unknown): number {
  const started = performance.now()
  for (const body of bodies) work(body)
  return (samples * bodies.length) / ((performance.now() - started) / 1000)
}

export async function exposition({ quick }: { quick: boolean }): Promise<BenchResult> {
  const runs = quick ? 7 : 25
  const bodies = Array.from({ length: quick ? 40 : 200 }, (_, i) => Buffer.from(scrapeBody(i)))
  sameAnswers(bodies.slice(0, 3))
  const samples = newReader()(bodies[0]!).length
  const ours: number[] = []
  const peer: number[] = []
  for (let run = 0; run < runs + 2; run++) {
    // A reader of its own each run: the first scrape of each pays for learning the series.
    const mine = rate(bodies, samples, newReader())
    const theirs = rate(bodies, samples, (body) => parsePeer(body.toString()))
    if (run < 2) continue
    ours.push(mine)
    peer.push(theirs)
  }
  const ratio = median(ours) / median(peer)
  const { version } = JSON.parse(readFileSync(require.resolve(`${PEER}/package.json`), 'utf8')) as { version: string }
  return {
    name: 'exposition',
    unit: 'samples/s',
    ours: Math.round(median(ours)),
    peer: Math.round(median(peer)),
    peerName: PEER,
    ratio: Number(ratio.toFixed(2)),
    goal: '>= 5',
    holds: ratio >= 5,
    runs,
    versions: { node: process.version, [PEER]: version },
  }
}

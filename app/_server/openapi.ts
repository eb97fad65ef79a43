import { z } from 'zod'
import { changesParams, lineageParams, reportParams } from './params.ts'
import type { REPORTS } from './reports.ts'

type Schema = Record<string, unknown>
const money: Schema = { type: 'string', description: 'decimal number with every digit' }
const text: Schema = { type: 'string' }
const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
const list = (items: Schema): Schema => ({ type: 'array', items })
const object = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties })
const id: Schema = { type: 'string', description: 'opens the amount: GET /api/v1/lineage/{id}' }
const share: Schema = { type: ['number', 'null'], minimum: 0, maximum: 1 }
const evidence = object({ measured: money, inferred: money, assumed: money })
const coverage = object({ cost: share, tokens: share, labour: share, prices: share })
const judgement = object({ verdict: text, probability: share, margin: { type: ['number', 'null'] }, reasons: list(text) })

const ANSWERS: Record<keyof typeof REPORTS, { does: string; schema: Schema }> = {
  tco: {
    does: 'Actual cost by layer (or `by`) beside the projection',
    schema: object({
      rows: list(object({ id, layer: text, amount: money, projected: nullable(money), evidence })),
      totals: object({ cash: money, accounting: money, economic: money }),
      provisional: money,
      outside_fleet: money,
      unconverted: list(object({ currency: text, billed: money, effective: money })),
      coverage,
    }),
  },
  capacity: {
    does: 'GPU-minutes and money by state',
    schema: object({ rows: list(object({ id, state: text, gpuMinutes: money, amount: nullable(money) })) }),
  },
  labour: {
    does: 'Minutes and money by person',
    schema: object({ rows: list(object({ id, person: text, engagedMinutes: money, loggedMinutes: money })) }),
  },
  tokens: {
    does: 'Tokens by deployment and class',
    schema: object({ rows: list(object({ id, deployment: text, class: text, tokens: money })) }),
  },
  compare: {
    does: 'What the same tokens cost elsewhere',
    schema: object({ comparators: list(object({ name: text, apiEquivalent: money, unpricedTokens: money })) }),
  },
  verdict: {
    does: 'Did it pay, and should it continue',
    schema: object({ comparators: list(object({ name: text, didItPay: judgement, continue: judgement })) }),
  },
  burden: {
    does: 'Incidents and how they were answered',
    schema: object({ incidents: { type: 'integer' }, mttaSeconds: { type: ['number', 'null'] } }),
  },
  exceptions: {
    does: 'What could not be matched, with its money',
    schema: object({ rows: list(object({ kind: text, subject: text, amount: nullable(money), owner: nullable(text) })) }),
  },
}

type JsonSchema = { properties?: Record<string, Schema & { description?: string }>; required?: string[] }
function parametersOf(schema: z.ZodType): Schema[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description,
    schema: rest,
  }))
}

const PROBLEM = { description: 'refused', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }
const get = (summary: string, schema: Schema, parameters: Schema[] = []) => ({
  get: { summary, parameters, responses: { 200: { description: 'done', content: { 'application/json': { schema } } }, default: PROBLEM } },
})

/** The description of /api/v1, made from what the routes really check. */
export function openapi(): Schema {
  const report = parametersOf(reportParams)
  const reports = Object.entries(ANSWERS).map(([name, { does, schema }]) => [`/api/v1/report/${name}`, get(does, schema, report)])
  const period = report
    .filter(({ name }) => name === 'from' || name === 'to' || name === 'basis')
    .map((one) => ({ ...one, required: false }))
  const inPath = { name: 'id', in: 'path', required: true, schema: text }
  return {
    openapi: '3.1.0',
    info: { title: 'Denominator', version: '1', description: 'Amounts are text with every digit; days are UTC; `to` is exclusive.' },
    paths: {
      ...Object.fromEntries(reports),
      '/api/v1/report/changes': get(
        'What was published differently between two moments, by cause; the rows sum to the difference of the two reports',
        object({
          rows: list(
            object({
              id,
              causes: list(object({ kind: text, what: text, batch: nullable(text) })),
              restated: { type: 'boolean' },
              at: text,
              change: money,
            }),
          ),
          totals: object({ before: money, after: money, change: money, restated: money, added: money }),
        }),
        parametersOf(changesParams),
      ),
      '/api/v1/exceptions/owner': {
        put: {
          summary: 'Who looks after an exception; an empty owner is nobody',
          requestBody: { required: true, content: { 'application/json': { schema: object({ kind: text, subject: text, owner: text }) } } },
          responses: { 200: { description: 'done' }, default: PROBLEM },
        },
      },
      '/api/v1/overview': get(
        'All that the executive page shows; the last 90 days unless told',
        object({ totals: object({}), coverage }),
        period,
      ),
      '/api/v1/sources': get(
        'Freshness, last error, deliveries and rejected rows of every source',
        object({ sources: list(object({ name: text })) }),
      ),
      '/api/v1/lineage/{id}': get(
        'An amount down to its ledger rows, its formula and its source rows; source rows page by cursor',
        object({
          what: text,
          amount: money,
          currency: text,
          formula: text,
          ledger: list(object({})),
          sources: list(object({})),
          next: nullable(text),
        }),
        [inPath, ...parametersOf(lineageParams)],
      ),
    },
    components: {
      schemas: {
        Problem: object({ type: text, title: text, status: { type: 'integer' }, code: { ...text, description: 'stable' }, remedy: text }),
      },
    },
  }
}

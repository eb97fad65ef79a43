import { type Projection, project } from './project.ts'
import type { ProjectionDocument } from './schema.ts'

const WEEKS_PER_MONTH = 365 / 12 / 7

/**
 * The plan that is usually presented: the same demand on GPUs at a high average utilisation, a quick build, no peaks, no redundancy, no
 * premium, no risk. Everything else is left out on purpose. Null where the document describes no naive plan.
 */
export function naivePlan(document: ProjectionDocument): Projection | null {
  const { naive } = document
  if (!naive) return null
  const { currency, start, go_live, price_trends, discount_rate_per_year } = document
  const capacity = naiveCapacity(document)
  const months = naive.build_weeks === undefined ? document.build?.months : naive.build_weeks / WEEKS_PER_MONTH
  return project({
    currency,
    start,
    go_live,
    price_trends,
    discount_rate_per_year,
    demand: document.demand && {
      ...document.demand,
      peak_to_average: naive.utilisation === undefined ? document.demand.peak_to_average : undefined,
    },
    capacity,
    build: document.build && months !== undefined ? { ...document.build, months } : undefined,
    run:
      naive.operations_fte === undefined || !document.run
        ? undefined
        : { operations_fte: naive.operations_fte, rate_per_year: document.run.rate_per_year },
  })
}

function naiveCapacity({ capacity, naive, demand }: ProjectionDocument): ProjectionDocument['capacity'] {
  if (!capacity || naive?.utilisation === undefined) return capacity
  // Without a throughput no fleet can be derived from demand: the honest one stands.
  if (capacity.tokens_per_second_per_gpu === undefined || !demand) return capacity
  return { ...capacity, load_ceiling: naive.utilisation, redundancy: undefined }
}

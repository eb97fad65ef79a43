// Where each table stands once the store is on Citus (DESIGN.md section 8). What is in neither list stays on the coordinator.

/** By which all facts of nodes are distributed; first in their keys. */
export const DISTRIBUTION_COLUMN = 'node_id'

/** Facts of nodes, all beside each other by node. The first is the one that the others stand beside. */
export const DISTRIBUTED_TABLES = ['gpu_hour', 'gpu_hour_old', 'serve_hour', 'node_day_cost', 'node_day'] as const

/** Small tables that every worker holds whole; those that others point at come first. */
export const REFERENCE_TABLES = [
  'node',
  'node_alias',
  'gpu',
  'deployment',
  'deployment_match',
  'layer_rule',
  'rate',
  'standby_rate',
  'fx',
  'price',
] as const

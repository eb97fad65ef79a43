import { defineConfig } from 'prisma/config'

// Facts, the ledger and work tables are SQL of our own: Prisma's tools must neither see nor drop them.
const FACTS =
  'batch bill_excluded_day bill_line delivery dirty_day engagement exception_owner gpu gpu_hour gpu_hour_old inbox incident interruption job lease ledger_day ledger_entry ledger_key ledger_month node_day node_day_cost open_hour quarantine replica replica_deployment run serve_hour shift time_entry'

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  experimental: { externalTables: true },
  tables: { external: FACTS.split(' ').map((table) => `public.${table}`) },
  // `env()` from prisma/config throws when unset, which would break `prisma generate` in a fresh checkout.
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://postgres@127.0.0.1:5432/denominator' },
})

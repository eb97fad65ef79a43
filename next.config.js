/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  turbopack: { root: import.meta.dirname },
  serverExternalPackages: ['pg', 'pg-copy-streams', '@duckdb/node-api', 'prom-client', 'pino', '@pydantic/genai-prices'],
  // Files are read and checked by `npm run typecheck`; building twice on two cores helps nobody.
  typescript: { ignoreBuildErrors: true },
}

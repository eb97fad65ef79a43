import path from 'node:path'

/** @type {import('next').NextConfig} */
export default {
  poweredByHeader: false,
  turbopack: { root: import.meta.dirname },
  serverExternalPackages: ['pg', 'pg-copy-streams', '@duckdb/node-api', 'prom-client', 'pino', '@pydantic/genai-prices'],
  // Files are read and checked by `npm run typecheck`; building twice on two cores helps nobody.
  typescript: { ignoreBuildErrors: true },
  // forbidden() answers 403: until accounts exist, only a loopback Host is served.
  experimental: { authInterrupts: true },
  adapterPath: path.join(import.meta.dirname, 'app/_server/build-adapter.mjs'),
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
        { key: 'Referrer-Policy', value: 'same-origin' },
        { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
        { key: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=()' },
      ],
    },
  ],
}

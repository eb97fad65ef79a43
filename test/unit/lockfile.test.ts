import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

type Lock = { packages: Record<string, { version?: string }> }
const lock = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as Lock

test('every Next in the lockfile is 16.3.8 or newer: older ones have published holes', () => {
  const versions = Object.entries(lock.packages).flatMap(([where, { version }]) =>
    /(^|\/)node_modules\/next$/.test(where) ? [version!] : [],
  )
  expect(versions.length).toBeGreaterThan(0)
  for (const version of versions) {
    const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
    expect(major * 1e6 + minor * 1e3 + patch, version).toBeGreaterThanOrEqual(16_003_008)
  }
})

// One embedded PostgreSQL for the whole run. Tests take a database each: `freshDatabase()` copies the migrated template.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { openStore } from '#lib/store/open.ts'

declare module 'vitest' {
  interface ProvidedContext {
    templateUrl: string
  }
}

export default async function setup(project: TestProject) {
  // Under the system's temporary folder, so that user postgres can reach it when the tests run as root.
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'denominator-test-'))
  fs.chmodSync(dataDir, 0o711)
  const store = await openStore({ url: process.env.TEST_DATABASE_URL, dataDir, sharedWaitMs: 0 })
  project.provide('templateUrl', store.url)
  return async () => {
    await store.close()
    fs.rmSync(dataDir, { recursive: true, force: true })
  }
}

#!/usr/bin/env node
// The command `denominator`. The sources are TypeScript that Node 24 runs as it is; an older Node hands over to the project's own.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..')
const main = path.join(root, 'collectors/main.ts')
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  process.argv[1] = main
  await import(main)
} else {
  const own = path.join(root, 'node_modules/node/bin/node')
  if (!existsSync(own)) {
    console.error(`denominator needs Node 24; this is ${process.version} and ${own} is missing — run \`npm install\``)
    process.exit(2)
  }
  const forward = (signal) => process.on(signal, () => {}) // the child gets the terminal's signals itself and decides
  forward('SIGINT')
  process.exit(spawnSync(own, [main, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1)
}

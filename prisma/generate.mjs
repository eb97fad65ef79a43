// `prisma generate` starts no schema engine, but would download one unless this names an existing file.
import { spawnSync } from 'node:child_process'

const env = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', PRISMA_SCHEMA_ENGINE_BINARY: process.execPath }
process.exit(spawnSync(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], { stdio: 'inherit', env }).status ?? 1)

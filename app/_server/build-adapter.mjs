// Runs when `next build` is done. The pages need a browser that knows modules and light-dark(), so the 39 kB of polyfills that Next
// offers to those that do not are never of use: they are not referenced.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** @type {import('next').NextAdapter} */
export default {
  name: 'denominator',
  onBuildComplete: async ({ distDir }) => {
    const file = path.join(distDir, 'build-manifest.json')
    const manifest = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...manifest, polyfillFiles: [] }))
  },
}

import { gzipSync } from 'node:zlib'
import { expect, test } from '@playwright/test'
import { stage } from './stage.ts'

const LIMIT = 200 * 1024
const { url } = stage()

/** Scripts that the first HTML names: loaded, preloaded or run at once; inline ones count as they stand. */
function scriptsOf(html: string): { files: string[]; inline: string } {
  const tags = [...html.matchAll(/<(?:script|link)\b[^>]*>/g)].map(([tag]) => tag)
  const files = tags.flatMap((tag) => /(?:src|href)="([^"]+\.js[^"]*)"/.exec(tag)?.[1] ?? [])
  const inline = [...html.matchAll(/<script\b(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text]) => text).join('')
  return { files: [...new Set(files)], inline }
}

for (const path of ['/', '/sources', '/exceptions', '/changes', '/lineage/nonsense'])
  test(`at most 200 kB of JavaScript in the first HTML of ${path}`, async ({ request }) => {
    const { files } = scriptsOf(await (await request.get(url + path)).text())
    expect(files.length).toBeGreaterThan(2)
    let bytes = 0
    for (const file of files) bytes += gzipSync(await (await request.get(new URL(file, url).href)).body()).length
    test.info().annotations.push({ type: 'gzip bytes', description: String(bytes) })
    expect(bytes).toBeLessThanOrEqual(LIMIT)
  })

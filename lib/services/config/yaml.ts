import fs from 'node:fs'
import { type Document, isCollection, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { Failure } from '#lib/errors.ts'

/** A parsed YAML file that still knows on which line each value stands. */
export type YamlFile = { file: string; value: unknown; lineOf: (path: readonly PropertyKey[], key?: string) => number | undefined }

/** Reads one YAML document. Throws `usage` with file and line when it is no YAML. */
export function readYaml(file: string): YamlFile {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Failure('usage', 'config_unreadable', 'cannot be read', {
      place: { file },
      remedy: 'check that the file exists and may be read',
      cause,
    })
  }
  return parseYaml(file, text)
}

/** The same of a text. Under `failsafe` every scalar is a string, so that amounts keep their digits. */
export function parseYaml(file: string, text: string, schema: 'core' | 'failsafe' = 'core'): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, schema })
  const error = document.errors[0]
  if (error)
    throw new Failure('usage', 'config_not_yaml', error.message, {
      place: { file, line: lines.linePos(error.pos[0]).line },
      remedy: 'correct the YAML',
    })
  return { file, value: document.toJS() ?? {}, lineOf: (path, key) => lineOf(document, lines, path, key) }
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[], key?: string): number | undefined {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true)
    if (key !== undefined && depth === path.length && isCollection(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
      if (isPair(pair) && isScalar(pair.key) && pair.key.range) return lines.linePos(pair.key.range[0]).line
    }
    const range = (node as { range?: [number, number, number] | null } | undefined)?.range
    if (range) return lines.linePos(range[0]).line
  }
  return undefined
}

/** Validates a YAML file's value; the first fault becomes a `usage` failure with its line. */
export function validateYaml<T>(yaml: YamlFile, schema: z.ZodType<T>, value: unknown = yaml.value, base: readonly PropertyKey[] = []): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const path = [...base, ...issue.path]
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const name = [...path, ...(unknown ? [unknown] : [])].map(String).join('.')
  throw new Failure(
    'usage',
    unknown ? 'config_unknown_key' : 'config_bad_value',
    unknown ? `unknown key \`${name}\`` : `\`${name}\`: ${issue.message}`,
    {
      place: { file: yaml.file, line: yaml.lineOf(path, unknown) },
      remedy: unknown ? 'remove it or correct its spelling' : 'correct the value',
    },
  )
}

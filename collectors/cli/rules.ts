import fs from 'node:fs'
import { collectorFor } from '#collectors/registry.ts'
import { Failure } from '#lib/errors.ts'
import { LOCAL_ADMINISTRATOR } from '#lib/services/actor.ts'
import { type RuleSet, readRules, writeRules } from '#lib/services/rules/document.ts'
import { exportRules } from '#lib/services/rules/export.ts'
import { type Placed, previewRules, type RulesPreview } from '#lib/services/rules/preview.ts'
import { type SavedRules, saveRules } from '#lib/services/rules/save.ts'
import type { Command } from './command.ts'
import { table } from './table.ts'

type Exported = Required<RuleSet> & { file: string | null }
type Result = { preview: RulesPreview } | { saved: SavedRules } | { exported: Exported }

const me = LOCAL_ADMINISTRATOR
const oneFile = (files: string[]): string => {
  if (files.length === 1) return files[0]!
  throw new Failure('usage', 'bad_option', 'name one file of rules', { remedy: 'a YAML file as `rules export` writes it, or a layers.csv' })
}

export const rulesCommand: Command<Result> = {
  name: 'rules',
  usage: 'rules preview|import FILE | rules export [FILE] [--json]',
  does: 'rules of scope and layer: what a file of rules would move, put it in force, or write out those in force',
  run: async ({ context, say }, _flags, [action, ...files]) => {
    if (action === 'preview') return { preview: await previewRules(me, context, await readRules(oneFile(files)), collectorFor) }
    if (action === 'import') {
      const saved = await saveRules(me, context, await readRules(oneFile(files)), collectorFor)
      if (saved.changed.length > 0) say('bills were read again: run `denominator reconcile`')
      return { saved }
    }
    if (action !== 'export' || files.length > 1)
      throw new Failure('usage', 'bad_option', action ? `rules does not know \`${action}\`` : 'nothing to do is named', {
        remedy: 'use preview FILE, import FILE or export [FILE]',
      })
    const [file = null] = files
    const rules = await exportRules(me, context)
    if (file !== null) fs.writeFileSync(file, writeRules(rules))
    return { exported: { ...rules, file } }
  },
  text: (result) => {
    if ('preview' in result) return previewText(result.preview)
    if ('saved' in result) return savedText(result.saved)
    return result.exported.file === null
      ? writeRules(result.exported)
      : `${result.exported.rules.length} rules written to ${result.exported.file}`
  },
}

const placed = ({ scope, layer }: Placed): string => (layer === null ? scope : `${scope} ${layer}`)

function previewText({ currency, moves, time, effect, expired }: RulesPreview): string {
  const lines = moves.map(({ from, to, ...move }) => ({ ...move, from: placed(from), to: placed(to) }))
  const entries = time.map(({ from, to, ...move }) => ({ ...move, from: placed(from), to: placed(to) }))
  const sums = effect.map(({ month, layer, billed, effective }) => ({
    month,
    layer: layer ?? '(outside the fleet)',
    [`effective ${currency}, now`]: effective.before,
    'with these rules': effective.after,
    change: effective.change,
    'change, billed': billed.change,
  }))
  const parts = [
    ...(lines.length ? [`bill lines that move\n${table(lines)}`] : []),
    ...(entries.length ? [`time entries that move\n${table(entries)}`] : []),
    ...(sums.length ? [`what the ledger would say\n${table(sums)}`] : []),
    ...(expired.length ? [`no longer in the landing store, so they stay as they are\n${table(expired.map(expiredRow))}`] : []),
  ]
  return parts.length ? parts.join('\n\n') : 'nothing would move'
}

const expiredRow = ({ source, file, bills, rows }: RulesPreview['expired'][number]) => ({
  source,
  file,
  bills: bills.join(', '),
  'rows in scope': rows.in,
  'rows out of scope': rows.out,
})

function savedText({ changed, bills }: SavedRules): string {
  if (changed.length === 0) return 'these rules are in force already'
  const moved = bills.filter(({ unchanged }) => !unchanged)
  const stay = bills.filter(({ unchanged, message }) => unchanged && message?.includes('landing store'))
  return [
    `in force: ${changed.join(' and ').replace('layers', 'rules').replace('rule_pack', 'rule pack')}; ${moved.length} of ${bills.length} bills changed`,
    ...stay.map(({ source, period, account, message }) => `  ${source} ${period ?? ''} ${account}: ${message}`),
  ].join('\n')
}

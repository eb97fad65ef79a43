// A small, strict reader of the XML that nvidia-smi writes: elements, text, comments, CDATA. No DTD is read and no entity of one is known.
import { Failure } from '#lib/errors.ts'

export type XmlElement = { name: string; attributes: Record<string, string>; line: number; children: XmlElement[]; text: string }

const NAME = '[A-Za-z_][\\w.:-]*'
const TOKEN = new RegExp(
  [
    '<\\?[\\s\\S]*?\\?>',
    '<!--[\\s\\S]*?-->',
    '<!\\[CDATA\\[(?<cdata>[\\s\\S]*?)\\]\\]>',
    `<!DOCTYPE\\s+${NAME}[^<>[\\]]*>`,
    `</(?<close>${NAME})\\s*>`,
    `<(?<open>${NAME})(?<attributes>(?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(?<empty>/?)>`,
    '(?<text>[^<]+)',
  ].join('|'),
  'y',
)
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'g')
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const DEPTH_MAX = 64

class Place {
  readonly file: string
  readonly text: string
  #at = 0
  line = 1

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
  }

  moveTo(at: number): void {
    for (let end = this.text.indexOf('\n', this.#at); end >= 0 && end < at; end = this.text.indexOf('\n', end + 1)) {
      this.line++
      this.#at = end + 1
    }
  }

  fail(at: number, reason: string): Failure {
    this.moveTo(at)
    return new Failure('refused', 'bad_xml', reason, { place: { file: this.file, line: this.line, column: String(at - this.#at + 1) } })
  }
}

/** Reads documents that follow each other in one text (a capture in a loop). Throws `refused` with line and column where it is no XML. */
export function* readXml(text: string, file: string): Generator<XmlElement> {
  const place = new Place(file, text)
  const open: XmlElement[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (!match?.groups)
      throw place.fail(at, text.includes('>', at) ? 'this is no XML that nvidia-smi writes' : 'the text ends inside a tag')
    const { close, open: name, attributes, empty, cdata, text: raw } = match.groups
    const parent = open[open.length - 1]
    const content = cdata ?? (raw === undefined ? undefined : decode(raw, place, at))
    if (content !== undefined) {
      if (parent) parent.text += content
      else if (content.trim() !== '') throw place.fail(at, 'there is text outside of the document')
    }
    if (name !== undefined) {
      if (open.length === DEPTH_MAX) throw place.fail(at, `elements are nested deeper than ${DEPTH_MAX}`)
      place.moveTo(at)
      const element = { name, attributes: attributesOf(attributes ?? '', place, at), line: place.line, children: [], text: '' }
      parent?.children.push(element)
      if (!empty) open.push(element)
      else if (!parent) yield element
    }
    if (close !== undefined) {
      if (parent?.name !== close) throw place.fail(at, `</${close}> closes ${parent ? `<${parent.name}>` : 'nothing'}`)
      open.pop()
      if (open.length === 0) yield parent
    }
    at = TOKEN.lastIndex
  }
  const last = open[open.length - 1]
  if (last) throw place.fail(text.length, `the text ends inside <${last.name}>, which began on line ${last.line}`)
}

function attributesOf(source: string, place: Place, at: number): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null)
  for (const [, name, double, single] of source.matchAll(ATTRIBUTE)) attributes[name!] = decode(double ?? single ?? '', place, at)
  return attributes
}

function decode(text: string, place: Place, at: number): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));|&/gi, (all, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null
    const value = code === null ? ENTITIES[name] : code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
    if (value === undefined) throw place.fail(at, `${all} is no known entity`)
    return value
  })
}

import { describe, expect, test } from 'vitest'
import { readCsv } from '#lib/ingest/csv.ts'

async function* bytesOf(text: string | Buffer, size = 7) {
  const buffer = Buffer.from(text)
  for (let at = 0; at < buffer.length; at += size) yield buffer.subarray(at, at + size)
}

async function read(text: string | Buffer, size?: number) {
  const { header, batches } = await readCsv(bytesOf(text, size), 'f.csv')
  const rows: string[] = []
  const faults: string[] = []
  for await (const batch of batches) {
    for (const [i, cells] of batch.cells.entries()) rows.push(`${batch.lines[i]}: ${cells.join('|')}`)
    for (const { line, reason } of batch.faults) faults.push(`${line}: ${reason}`)
  }
  return { header, rows, faults }
}

describe('what is read', () => {
  const cases: [why: string, text: string | Buffer, rows: string[], faults?: string[]][] = [
    ['plain', 'a,b\n1,2\n3,4\n', ['2: 1|2', '3: 3|4']],
    ['no newline at the end', 'a,b\n1,2', ['2: 1|2']],
    ['CRLF', 'a,b\r\n1,2\r\n"3","4"\r\n', ['2: 1|2', '3: 3|4']],
    ['a byte order mark', '\uFEFFa,b\n1,2\n', ['2: 1|2']],
    ['a byte order mark before a quoted name', '\uFEFF"a",b\n1,2\n', ['2: 1|2']],
    ['empty cells', 'a,b\n,\n1,\n', ['2: |', '3: 1|']],
    ['quotes inside quotes', 'a,b\n"say ""hi""",""""\n', ['2: say "hi"|"']],
    ['commas and line ends inside quotes; lines go on counting', 'a,b\n"x,\ny\n",1\n2,3\n', ['2: x,\ny\n|1', '5: 2|3']],
    ['empty lines are passed over but counted', 'a,b\n\n1,2\n\n\n3,4\n\n', ['3: 1|2', '6: 3|4']],
    ['two-byte and four-byte characters over chunks', 'a,b\nüäß,🙂🙂🙂\n', ['2: üäß|🙂🙂🙂']],
    ['a quoted last cell at the end of the file', 'a,b\n1,"2"', ['2: 1|2']],
    ['too few fields', 'a,b\n1\n3,4\n', ['3: 3|4'], ['2: has 1 field, the header has 2']],
    ['too many fields', 'a,b\n1,2,3\n3,4\n', ['3: 3|4'], ['2: has 3 fields, the header has 2']],
    ['a quote in a bare field', 'a,b\n1,x"y\n3,4\n', ['3: 3|4'], ['2: has a quote inside a field that is not quoted']],
    ['text after a closing quote', 'a,b\n"1"x,2\n3,4\n', ['3: 3|4'], ['2: has text after a closing quote']],
    ['a quote never closed costs its line only', 'a,b\n1,"2\n3,4\n5,6\n', ['3: 3|4', '4: 5|6'], ['2: has a quote that is never closed']],
    [
      'a missing closing quote that swallows the next line',
      'a,b\n1,"2\n"3","4"\n5,6\n',
      ['3: 3|4', '4: 5|6'],
      ['2: has text after a closing quote'],
    ],
    ['a bare carriage return', 'a,b\n1\r1,2\n3,4\n', ['3: 3|4'], ['2: has a carriage return that ends no line']],
    [
      'Latin-1 in one row',
      Buffer.concat([Buffer.from('a,b\n1,2\n'), Buffer.from([0xe4, 0x2c, 0x32, 0x0a]), Buffer.from('5,6\n')]),
      ['2: 1|2', '4: 5|6'],
      ['3: is not UTF-8'],
    ],
    ['a replacement character that was in the file', 'a,b\n\uFFFD,2\n', ['2: \uFFFD|2']],
    ['NUL', 'a,b\n1,\0\n3,4\n', ['3: 3|4'], ['2: holds a NUL character']],
  ]
  for (const [why, text, rows, faults = []] of cases)
    for (const size of [1, 7, 100_000])
      test(`${why} (chunks of ${size})`, async () => {
        const got = await read(text, size)
        expect(got.header).toEqual(['a', 'b'])
        expect(got.rows).toEqual(rows)
        expect(got.faults).toEqual(faults)
      })
})

describe('what is refused', () => {
  for (const [why, text, message] of [
    ['nothing', '', /the file is empty/],
    ['semicolons', 'a;b\n1;2\n', /separated by semicolons/],
    ['tabs', 'a\tb\n', /separated by tabs/],
    ['vertical bars', 'a|b\n', /separated by vertical bars/],
    ['a name twice', 'a,b,a\n', /the column a occurs twice/],
    ['no name', 'a,,b\n', /column 2 of the header has no name/],
    ['a broken header', '"a"b,c\n', /the header has text after a closing quote/],
  ] as const)
    test(why, async () => {
      await expect(read(text)).rejects.toThrow(message)
    })
})

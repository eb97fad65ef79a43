const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A ULID: 48 bits of milliseconds, then the 80 random bits given; sorts by time. */
export function ulid(nowMs: number, random: Uint8Array): string {
  let text = ''
  for (let time = nowMs, i = 0; i < 10; i++, time = Math.floor(time / 32)) text = ALPHABET[time % 32] + text
  for (let i = 0; i < 16; i++) text += ALPHABET[(random[i] ?? 0) % 32]
  return text
}

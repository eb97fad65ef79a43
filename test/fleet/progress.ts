const WIDTH = 40

/** Progress on standard error: a bar on a terminal, a line every tenth elsewhere. */
export function progressTo(what: string, total: number): (done: number, at: string) => void {
  let tenth = -1
  return (done, at) => {
    const share = total === 0 ? 1 : Math.min(1, done / total)
    if (process.stderr.isTTY) {
      const filled = Math.round(share * WIDTH)
      process.stderr.write(`\r${what} ${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${at}${share === 1 ? '\n' : ''}`)
    } else if (Math.floor(share * 10) > tenth) {
      tenth = Math.floor(share * 10)
      process.stderr.write(`${what}: ${Math.round(share * 100)} %, ${at}\n`)
    }
  }
}

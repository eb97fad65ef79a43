import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { Failure } from '#lib/errors.ts'

/** How a server program is run: as whom, and through what. `own` is the user the folder must belong to. */
export type Identity = {
  how: string
  run: (command: string, args: string[]) => { command: string; args: string[]; options: { uid?: number; gid?: number } }
  own?: [number, number]
}

function idsOf(user: string): [number, number] | undefined {
  const id = (flag: string) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout.trim() || Number.NaN)
  const [uid, gid] = [id('-u'), id('-g')]
  return uid > 0 && gid > 0 ? [uid, gid] : undefined
}

/** PostgreSQL refuses to run as root: then it runs as user postgres where that user can reach it, else in a user namespace. */
export function serverIdentity(postgres: string, dir: string): Identity {
  if (process.getuid?.() !== 0) return { how: 'same user', run: (command, args) => ({ command, args, options: {} }) }
  if (!idsOf('postgres')) spawnSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'])
  const own = idsOf('postgres')
  if (own) {
    const [uid, gid] = own
    const reach = ['-c', 'test -x "$1" && test -x "$2"', 'sh', postgres, path.dirname(dir)]
    if (spawnSync('/bin/sh', reach, { uid, gid, cwd: '/' }).status === 0)
      return { how: 'user postgres', own, run: (command, args) => ({ command, args, options: { uid, gid } }) }
  }
  const namespace = ['--user', '--map-user=65534', '--map-group=65534', '--']
  if (spawnSync('unshare', [...namespace, 'true']).status === 0)
    return {
      how: 'user namespace',
      own: [0, 0],
      run: (command, args) => ({ command: 'unshare', args: [...namespace, command, ...args], options: {} }),
    }
  throw new Failure('refused', 'postgres_as_root', `PostgreSQL cannot run as root, and user postgres cannot reach ${postgres} or ${dir}`, {
    remedy: 'move the project out of a private folder (for example to /srv), run as an ordinary user, or set DATABASE_URL',
  })
}

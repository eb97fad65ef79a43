import { Notice } from './_components/notice.tsx'

export default function Forbidden() {
  return (
    <div className="mt-8 max-w-2xl">
      <Notice tone="error" title="Only this machine is served while there are no accounts.">
        Open http://127.0.0.1 on the machine itself, or through an SSH tunnel.
      </Notice>
    </div>
  )
}

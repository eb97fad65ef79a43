import Link from 'next/link'
import { Notice } from './_components/notice.tsx'

export default function NotFound() {
  return (
    <div className="mt-8 max-w-2xl">
      <Notice tone="plain" title="There is nothing at this address.">
        An amount’s address is taken from a report.{' '}
        <Link href="/" className="underline underline-offset-3">
          To the overview
        </Link>
      </Notice>
    </div>
  )
}

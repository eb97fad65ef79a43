'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { putOwner } from '#app/_queries/exceptions.ts'
import type { ExceptionRow } from '#lib/services/report/exceptions.ts'

/** Who looks after it; a click changes that. */
export function Owner({ row }: { row: ExceptionRow }) {
  const [editing, setEditing] = useState(false)
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: putOwner,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['exceptions'] })
      setEditing(false)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const owner = new FormData(event.currentTarget).get('owner')
    if (typeof owner === 'string') save.mutate({ kind: row.kind, subject: row.subject, owner })
  }
  if (!editing)
    return (
      <>
        <button
          type="button"
          onClick={() => setEditing(true)}
          aria-label={`${row.owner ?? 'nobody yet'}: owner of ${row.subject}, change`}
          className={`with-script-only -mx-1 max-w-full cursor-pointer truncate rounded px-1 text-left underline decoration-dotted decoration-line-strong underline-offset-3 hover:text-ink ${row.owner === null ? 'text-ink-3' : ''}`}
        >
          {row.owner ?? 'nobody yet'}
        </button>
        <span className="without-script-only">{row.owner ?? 'nobody yet'}</span>
      </>
    )
  return (
    <form onSubmit={submit} onKeyDown={(event) => event.key === 'Escape' && setEditing(false)} className="flex flex-col gap-1">
      <span className="flex gap-1">
        <input
          // The field replaces the button that was just pressed: the focus goes on where it was.
          ref={(field) => field?.focus()}
          name="owner"
          defaultValue={row.owner ?? ''}
          maxLength={100}
          aria-label={`Owner of ${row.subject}`}
          className="h-6 w-full min-w-0 max-w-40 rounded border border-line-strong bg-paper px-1.5"
        />
        <button type="submit" disabled={save.isPending} className="h-6 cursor-pointer rounded bg-sunken px-2 hover:text-ink">
          Save
        </button>
      </span>
      {save.error && (
        <span role="alert" className="text-bad">
          {save.error.message}
        </span>
      )}
    </form>
  )
}

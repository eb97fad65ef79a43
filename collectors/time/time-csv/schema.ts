import { z } from 'zod'

/** CONTRACT.md: id,person,date,hours,start,end,project,issue,tags,activity,note; whatever else there is, is kept. */
export const REQUIRED = ['id', 'person'] as const
export const COLUMNS = ['id', 'person', 'date', 'hours', 'start', 'end', 'project', 'issue', 'tags', 'activity', 'note'] as const

export const timeCsvSettings = z.strictObject({
  /** A file, or a folder of them; without it files are imported by hand. */
  path: z.string().min(1).optional(),
})
export type TimeCsvSettings = z.output<typeof timeCsvSettings>

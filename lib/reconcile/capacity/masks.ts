import { FULL_HOUR } from '#lib/domain/mask.ts'

export const FULL = `${FULL_HOUR}::bigint`

/** How many minutes a mask has. Most have none or all: those are told without counting bits, which is slow. */
export const minutesSql = (mask: string): string => `CASE ${mask} WHEN 0 THEN 0 WHEN ${FULL} THEN 60 ELSE bit_count(${mask}::bit(64)) END`

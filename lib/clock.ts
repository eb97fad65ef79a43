// The only place that looks at the clock. Everything else is handed `now`.

export type Clock = () => Date

export const systemClock: Clock = () => new Date()

// How series look in charts, legends and bars. Written out whole, because class names are found by reading the source.
export const SERIES = [
  { color: 'series-1', bar: 'bg-series-1', line: 'border-series-1' },
  { color: 'series-2', bar: 'bg-series-2', line: 'border-series-2' },
  { color: 'series-3', bar: 'bg-series-3', line: 'border-series-3' },
  { color: 'series-4', bar: 'bg-series-4', line: 'border-series-4' },
] as const

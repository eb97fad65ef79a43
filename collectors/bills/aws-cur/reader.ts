// A Cost and Usage Report is a table of texts like a FOCUS file: Parquet, gzip'd CSV or CSV, told apart by the first bytes.
export { readTable } from '../focus/reader.ts'

export { type LineagePredicate, lineageId } from './lineage-id.ts'

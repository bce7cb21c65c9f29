import type { Change } from '../core/change.ts'
import type { RecordType } from '../core/record.ts'

/** A change of somebody's state: what `commit` applies, and the record that says so. */
export type Transition = { readonly record: RecordType; readonly changes: readonly Change[] }

import type { Frame } from '../frame.ts'
import type { Overload } from '../overload.ts'
import { bothForms, overload } from '../overload.ts'
import { durationOf } from '../time-range.ts'
import type { CelTimestamp } from '../value.ts'
import { celTimestamp } from '../value.ts'

const nanosOf = (frame: Frame): bigint => BigInt(Math.trunc(frame.now)) * 1_000_000n

/** `now()`, one instant for the whole evaluation, and `timeSince(t)`. */
export const POLICY_TIME: readonly Overload[] = [
  overload('now(): timestamp', (frame) => celTimestamp(nanosOf(frame))),
  ...bothForms('timeSince', ['timestamp'], 'duration', (frame: Frame, at: CelTimestamp) =>
    durationOf(nanosOf(frame) - at.nanos),
  ),
]

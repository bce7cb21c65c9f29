import { decodeBase64, encodeBase64 } from '../base64.ts'
import type { Frame } from '../frame.ts'
import { exhausted, spendText } from '../frame.ts'
import { toJson } from '../json-value.ts'
import { celError } from '../operand.ts'
import type { Operand } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import { sortedJson } from '../sorted-json.ts'
import type { CelBytes, CelValue } from '../value.ts'
import { celBytes } from '../value.ts'

/** The encoders extension library. */
export const ENCODERS: readonly Overload[] = [
  overload('base64.encode(bytes): string', (frame: Frame, { bytes }: CelBytes) =>
    spendText(frame, bytes.length) ? exhausted() : encodeBase64(bytes),
  ),
  overload('base64.decode(string): bytes', decode),
  overload('json.encode(dyn): string', encodeJson),
]

function decode(frame: Frame, text: string): Operand {
  if (spendText(frame, text.length)) return exhausted()
  const bytes = decodeBase64(text)
  if (bytes !== undefined) return celBytes(bytes)
  const wrong = text.search(/[^A-Za-z0-9+/]/)
  return celError(`illegal base64 data at input byte ${wrong < 0 ? text.length : wrong}`)
}

function encodeJson(frame: Frame, value: CelValue): Operand {
  const json = toJson(value)
  if (!json.ok) return celError(json.error)
  const text = sortedJson(json.value)
  return spendText(frame, text.length) ? exhausted() : text
}

import { codePointCount } from '../code-points.ts'
import {
  toBool,
  toBytes,
  toDouble,
  toDuration,
  toInt,
  toText,
  toTimestamp,
  toUint,
  typeOf,
} from '../convert.ts'
import type { Frame } from '../frame.ts'
import { exhausted, spendText } from '../frame.ts'
import { isError } from '../operand.ts'
import type { Operand } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { bothForms, overload } from '../overload.ts'
import { findsRegex, regexOf } from '../regex.ts'
import type { CelBytes, CelMap, CelObject, CelValue } from '../value.ts'
import { mapSize } from '../value.ts'

const searching =
  (search: (text: string, part: string) => boolean) =>
  (frame: Frame, text: string, part: string): Operand =>
    spendText(frame, text.length) ? exhausted() : search(text, part)

const size = (type: string, count: (value: never) => number): readonly Overload[] =>
  bothForms('size', [type], 'int', (_frame: Frame, value: never) => BigInt(count(value)))

const sizeOfText = (frame: Frame, text: string): Operand =>
  spendText(frame, text.length) ? exhausted() : BigInt(codePointCount(text))

const convert = (
  name: string,
  sources: readonly string[],
  result: string,
  run: (value: CelValue) => Operand,
): readonly Overload[] =>
  sources.map((source) => overload(`${name}(${source}): ${result}`, (_frame, value) => run(value)))

/** Texts of doubles, bytes and the like are short; only a text itself is as long as it is. */
const textLength = (value: CelValue): number => (typeof value === 'string' ? value.length : 32)

/** The functions of the standard library; its operators are in `operators.ts`. */
export const STANDARD: readonly Overload[] = [
  ...bothForms('size', ['string'], 'int', sizeOfText),
  ...size('bytes', ({ bytes }: CelBytes) => bytes.length),
  ...size('list(A)', (list: readonly CelValue[]) => list.length),
  ...size('map(A, B)', (map: CelMap | CelObject) => mapSize(map)),
  overload(
    'string.contains(string): bool',
    searching((text, part) => text.includes(part)),
  ),
  overload(
    'string.startsWith(string): bool',
    searching((text, part) => text.startsWith(part)),
  ),
  overload(
    'string.endsWith(string): bool',
    searching((text, part) => text.endsWith(part)),
  ),
  ...bothForms('matches', ['string', 'string'], 'bool', matches),
  ...convert('int', ['int', 'uint', 'double', 'string', 'timestamp', 'duration'], 'int', toInt),
  ...convert('uint', ['uint', 'int', 'double', 'string'], 'uint', toUint),
  ...convert('double', ['double', 'int', 'uint', 'string'], 'double', toDouble),
  ...convert('bool', ['bool', 'string'], 'bool', toBool),
  ...convert('bytes', ['bytes', 'string'], 'bytes', toBytes),
  ...['string', 'bool', 'int', 'uint', 'double', 'bytes', 'timestamp', 'duration'].map((source) =>
    overload(`string(${source}): string`, (frame: Frame, value: CelValue) =>
      spendText(frame, textLength(value)) ? exhausted() : toText(value),
    ),
  ),
  ...convert('timestamp', ['timestamp', 'int', 'string'], 'timestamp', toTimestamp),
  ...convert('duration', ['duration', 'string'], 'duration', toDuration),
  overload('type(A): type(A)', (_frame, value: CelValue) => typeOf(value)),
  overload('dyn(A): dyn', (_frame, value: CelValue) => value),
  overload('id(dyn): dyn', (_frame, value: CelValue) => value),
]

function matches(frame: Frame, text: string, pattern: string): Operand {
  const regex = regexOf(frame, pattern)
  return isError(regex as Operand) ? (regex as Operand) : findsRegex(frame, regex as never, text)
}

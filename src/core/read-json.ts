import { JSON_DEPTH_MAX } from './limits.ts'
import type { Json, JsonObject } from './json.ts'
import { reason, type Reason } from './reason.ts'
import { fail, ok, type Result } from './result.ts'

/**
 * What the reader accepts beyond RFC 8259's grammar being met: `foldedKeys: 'refuse'` also refuses
 * two keys of one object that are equal after NFKC and case folding (tool arguments, SECURITY 14).
 */
export type ReadJsonOptions = {
  readonly depthMax?: number
  readonly foldedKeys?: 'accept' | 'refuse'
  /** `nearest` rounds numbers as every other reader does: for replies that are only looked at. */
  readonly numbers?: 'exact' | 'nearest'
}

/**
 * Reads JSON as an authorizer must: exactly one meaning, or none. Refuses invalid UTF-8, duplicate
 * keys, lone surrogates, numbers that a double cannot hold exactly as written, nesting deeper than
 * `depthMax` (64), and anything after the value. Objects have no prototype, so `__proto__` is an
 * ordinary key. Fails with `malformed`, naming the position and never the content.
 */
export function readJson(bytes: Uint8Array, options: ReadJsonOptions = {}): Result<Json, Reason> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return fail(reason('malformed', 'the body is not valid UTF-8'))
  }
  return readJsonText(text, options)
}

/** `readJson` for text that is already decoded. */
export function readJsonText(text: string, options: ReadJsonOptions = {}): Result<Json, Reason> {
  const reader = new Reader(text, options)
  try {
    return ok(reader.document())
  } catch (error) {
    if (error instanceof Refused) return fail(reason('malformed', error.message))
    throw error
  }
}

/**
 * Takes the prototype away once all members are there. An object that begins without one is a
 * dictionary to V8: policies would read it five times slower, and it is written out twice as slowly.
 */
const bare = (object: Record<string, Json>): Json =>
  Object.setPrototypeOf(object, null) as JsonObject

/** Until then `__proto__` is not an ordinary key, and has to be defined. */
function put(object: Record<string, Json>, key: string, value: Json): void {
  if (key !== '__proto__') object[key] = value
  else
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
}

/** How the reader leaves its recursion; it never leaves this file. */
class Refused extends Error {}

const QUOTE = 0x22
const BACKSLASH = 0x5c

// A class because a parse is opened and closed, and its position changes at every step.
class Reader {
  readonly text: string
  readonly depthMax: number
  readonly refuseFolded: boolean
  readonly exactNumbers: boolean
  at = 0

  constructor(text: string, options: ReadJsonOptions) {
    this.text = text
    this.depthMax = options.depthMax ?? JSON_DEPTH_MAX
    this.refuseFolded = options.foldedKeys === 'refuse'
    this.exactNumbers = options.numbers !== 'nearest'
  }

  document(): Json {
    this.space()
    const value = this.value(0)
    this.space()
    if (this.at < this.text.length) this.refuse('expected the end of the body')
    return value
  }

  value(depth: number): Json {
    switch (this.text.charCodeAt(this.at)) {
      case QUOTE:
        return this.string()
      case 0x7b:
        return this.object(depth + 1)
      case 0x5b:
        return this.array(depth + 1)
      case 0x74:
        return this.word('true', true)
      case 0x66:
        return this.word('false', false)
      case 0x6e:
        return this.word('null', null)
      default:
        return this.number()
    }
  }

  object(depth: number): Json {
    if (depth > this.depthMax) this.refuse(`nesting is deeper than ${this.depthMax}`)
    const result: Record<string, Json> = {}
    const folded = this.refuseFolded ? new Set<string>() : null
    this.at++
    this.space()
    if (this.take(0x7d)) return bare(result)
    for (;;) {
      const keyAt = this.at
      if (this.text.charCodeAt(this.at) !== QUOTE) this.refuse('expected a key')
      const key = this.string()
      if (Object.hasOwn(result, key)) this.refuse('duplicate key', keyAt)
      if (folded !== null) this.checkFolded(key, folded, keyAt)
      this.space()
      if (!this.take(0x3a)) this.refuse('expected `:`')
      this.space()
      put(result, key, this.value(depth))
      this.space()
      if (this.take(0x7d)) return bare(result)
      if (!this.take(0x2c)) this.refuse('expected `,` or `}`')
      this.space()
    }
  }

  array(depth: number): Json {
    if (depth > this.depthMax) this.refuse(`nesting is deeper than ${this.depthMax}`)
    const result: Json[] = []
    this.at++
    this.space()
    if (this.take(0x5d)) return result
    for (;;) {
      result.push(this.value(depth))
      this.space()
      if (this.take(0x5d)) return result
      if (!this.take(0x2c)) this.refuse('expected `,` or `]`')
      this.space()
    }
  }

  /** Most strings have no escape: find the end, look for what needs care, and slice. */
  string(): string {
    const start = this.at
    let i = start + 1
    let plain = true
    for (; ; i++) {
      const code = this.text.charCodeAt(i)
      if (code === QUOTE) break
      if (code === BACKSLASH) {
        plain = false
        i++
      } else if (code < 0x20) this.refuse('control character in a string', i)
      else if (code >= 0xd800 && code <= 0xdfff) plain = false
      else if (code !== code) this.refuse('unterminated string', start)
    }
    this.at = i + 1
    const raw = this.text.slice(start + 1, i)
    return plain ? raw : this.decode(start, i)
  }

  decode(start: number, end: number): string {
    let value: unknown
    try {
      value = JSON.parse(this.text.slice(start, end + 1))
    } catch {
      this.refuse('bad escape in a string', start)
    }
    if (typeof value !== 'string' || !value.isWellFormed()) this.refuse('lone surrogate', start)
    return value
  }

  number(): number {
    NUMBER.lastIndex = this.at
    const match = NUMBER.exec(this.text)
    if (match === null) this.refuse('expected a value')
    const [source] = match
    const value = Number(source)
    if (this.exactNumbers && !isExact(source, value))
      this.refuse('number that cannot be held exactly')
    this.at += source.length
    return value
  }

  word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.refuse('expected a value')
    this.at += word.length
    return value
  }

  checkFolded(key: string, folded: Set<string>, at: number): void {
    const fold = key.normalize('NFKC').toLowerCase().normalize('NFKC')
    if (folded.has(fold)) this.refuse('two keys that differ only in case or form', at)
    folded.add(fold)
  }

  space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.at++
    }
  }

  take(code: number): boolean {
    if (this.text.charCodeAt(this.at) !== code) return false
    this.at++
    return true
  }

  refuse(what: string, at: number = this.at): never {
    throw new Refused(`${what} at character ${at + 1}`)
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

/** Whether the shortest text of the double says the same number as the source: nothing was rounded away. */
function isExact(source: string, value: number): boolean {
  if (
    source.length < 16 &&
    Number.isSafeInteger(value) &&
    !source.includes('e') &&
    !source.includes('E')
  )
    return true
  if (!Number.isFinite(value)) return false
  return sameDecimal(source, String(value))
}

function sameDecimal(a: string, b: string): boolean {
  const left = decimal(a)
  const right = decimal(b)
  if (left.digits === '' && right.digits === '') return true
  return (
    left.digits === right.digits &&
    left.exponent === right.exponent &&
    left.negative === right.negative
  )
}

/** Digits without leading or trailing zeros and the power of ten of their end. */
function decimal(text: string): { negative: boolean; digits: string; exponent: number } {
  const negative = text.startsWith('-')
  const [mantissa = '', power = '0'] = (negative ? text.slice(1) : text).toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const all = whole + fraction
  const trimmed = all.replace(/0+$/, '')
  const exponent = Number(power) - fraction.length + (all.length - trimmed.length)
  return { negative, digits: trimmed.replace(/^0+/, ''), exponent }
}

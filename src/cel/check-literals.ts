import type { Checker } from './checker.ts'
import { report } from './checker.ts'
import { isError } from './operand.ts'
import { isMappedIp, parseCidr, parseIp } from './ip-address.ts'
import { compileRegex } from './regex.ts'
import { parseDuration, parseTimestamp } from './time-text.ts'
import type { Node } from './tree.ts'

/** Says why a text is no good, or null. */
type Judge = (text: string) => string | null

const judgeRegex: Judge = (text) => {
  const compiled = compileRegex(text)
  return compiled.ok ? null : compiled.error
}
const judgeTimestamp: Judge = (text) => {
  const value = parseTimestamp(text)
  return value === undefined || isError(value) ? `invalid timestamp \`${text}\`` : null
}
const judgeDuration: Judge = (text) => {
  const value = parseDuration(text)
  return value === undefined || isError(value) ? `invalid duration \`${text}\`` : null
}

const judgeIp: Judge = (text) => {
  const ip = parseIp(text)
  return ip === undefined || isMappedIp(ip) ? `invalid IP address \`${text}\`` : null
}
const judgeCidr: Judge = (text) => {
  const cidr = parseCidr(text)
  return cidr === undefined || isMappedIp(cidr) ? `invalid network \`${text}\`` : null
}

/** Functions that read a text of some syntax, and the position of that text among the arguments. */
const JUDGED: ReadonlyMap<string, readonly [number, Judge, string]> = new Map([
  ['matches', [1, judgeRegex, 'the syntax is that of RE2']],
  ['regex.extract', [1, judgeRegex, 'the syntax is that of RE2']],
  ['regex.extractAll', [1, judgeRegex, 'the syntax is that of RE2']],
  ['regex.replace', [1, judgeRegex, 'the syntax is that of RE2']],
  ['timestamp', [0, judgeTimestamp, 'for example `timestamp("2026-11-21T09:00:00Z")`']],
  ['duration', [0, judgeDuration, 'for example `duration("1h30m")`']],
  ['ip', [0, judgeIp, 'for example `ip("10.0.0.1")`']],
  ['cidr', [0, judgeCidr, 'for example `cidr("10.0.0.0/8")`']],
])

/** Complains about literal arguments that can never be read as what the function needs. */
export function checkLiterals(checker: Checker, name: string, args: readonly Node[]): void {
  const [position, judge, hint] = JUDGED.get(name) ?? [0, null, '']
  const arg = args[position]
  if (judge === null || arg?.kind !== 'literal' || typeof arg.value !== 'string') return
  const message = judge(arg.value)
  if (message !== null) report(checker, arg, { code: 'invalid_literal', message, hint })
}

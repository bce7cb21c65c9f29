import type { Json } from '../../core/json.ts'
import { closed, eitherOf, mustBeObject, objectAt, textAt } from './field-reader.ts'
import type { JsonPath } from './locate-json.ts'
import type { Step, Violation } from './violation.ts'

/** A token that the caller vouches for with nothing but its signature, and who should have signed it. */
export type AuxToken = { readonly token: string; readonly keySet: string }

/** The tokens of a request: one, or several by name. */
export type AuxTokens = {
  readonly jwt: AuxToken | null
  readonly jwts: readonly (readonly [name: string, token: AuxToken])[]
}

/** Tokens in one request; each costs a verification. */
export const AUX_TOKENS_MAX: number = 16

/** Reads `auxData`, adding what breaks the rules of the API to the violations. */
export function readAuxTokens(value: Json, violations: Violation[]): AuxTokens {
  const path = ['auxData']
  const object = objectAt(value, path)
  if (object === null) return NO_TOKENS
  closed(object, AUX_DATA, path)
  const steps: readonly Step[] = [{ name: 'aux_data' }]
  const one = objectAt(object['jwt'], ['auxData', 'jwt'])
  const many = Object.entries(objectAt(object['jwts'], ['auxData', 'jwts']) ?? {})
  if (one !== null && many.length > 0) violations.push({ steps, rule: 'one_jwt' })
  const jwt =
    one === null
      ? null
      : readToken(one, ['auxData', 'jwt'], [...steps, { name: 'jwt' }], violations)
  const jwts = many.map(([name, token]): [string, AuxToken] => [
    name,
    readToken(
      token,
      ['auxData', 'jwts', name],
      [...steps, { name: 'jwts', key: name }],
      violations,
    ),
  ])
  return { jwt, jwts }
}

export const NO_TOKENS: AuxTokens = { jwt: null, jwts: [] }

const AUX_DATA: ReadonlySet<string> = new Set(['jwt', 'jwts'])
const TOKEN: ReadonlySet<string> = new Set(['token', 'keySetId', 'key_set_id'])

function readToken(
  value: Json,
  path: JsonPath,
  steps: readonly Step[],
  violations: Violation[],
): AuxToken {
  const object = mustBeObject(value, path)
  closed(object, TOKEN, path)
  const token = textAt(object['token'], [...path, 'token'])
  const keySet = textAt(eitherOf(object, path, 'keySetId', 'key_set_id'), [...path, 'keySetId'])
  if (token === '') violations.push({ steps: [...steps, { name: 'token' }], rule: 'required' })
  return { token, keySet }
}

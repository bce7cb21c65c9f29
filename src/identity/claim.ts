import { isUuid } from '../core/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'

/** A moment in a token may lie this far ahead of our clock; the end of its life has no leeway. */
export const FUTURE_SECONDS_MAX = 5

export const isCount = (value: Json | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

export const isUuidText = (value: Json | undefined): value is string =>
  typeof value === 'string' && isUuid(value)

export const isListOf = <T extends Json>(
  value: Json | undefined,
  test: (item: Json) => item is T,
): value is readonly T[] => Array.isArray(value) && (value as readonly Json[]).every(test)

/** Whether a token is not from the future (`iat`, `nbf`); both may be absent where that is allowed. */
export function hasBegun(claims: JsonObject, nowSeconds: number): boolean {
  for (const name of ['iat', 'nbf']) {
    const at = claims[name]
    if (at === undefined) continue
    if (typeof at !== 'number' || at < 0 || at > nowSeconds + FUTURE_SECONDS_MAX) return false
  }
  return true
}

/** `exp` in seconds when the token has one that is a sane number, else null. */
export function expiryOf(claims: JsonObject): number | null {
  const exp = claims['exp']
  return typeof exp === 'number' && exp > 0 && exp < MAX_NUMERIC_DATE ? exp : null
}

/** The one audience of a token: a text, or where foreign issuers write it so a list of one text. */
export function soleAudienceOf(claims: JsonObject): string | null {
  const { aud } = claims as { readonly aud?: Json }
  if (typeof aud === 'string') return aud
  if (!Array.isArray(aud) || aud.length !== 1) return null
  const [only] = aud as readonly Json[]
  return typeof only === 'string' ? only : null
}

export const objectOrNull = (value: Json | undefined): JsonObject | null =>
  isJsonObject(value) ? value : null

/** The end of the year 9999: a later one is a mistake of units. */
const MAX_NUMERIC_DATE = 253_402_300_800

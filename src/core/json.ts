/** Any JSON value (RFC 8259), as the strict reader returns it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object without a prototype, so that `__proto__` and `constructor` are ordinary keys. */
export type JsonObject = { readonly [key: string]: Json }

/** Tells an object from an array, null and everything else. */
export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

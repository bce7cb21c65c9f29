/** Bounds shared by more than one room. A limit that only one room knows stands in that room. */

/** Nesting of any JSON we read: deeper is an attack on recursive code, real payloads stay below 16. */
export const JSON_DEPTH_MAX: number = 64

/** A request body we read whole; larger ones are refused with `malformed` (HTTP 413). */
export const BODY_BYTES_MAX: number = 8 * 1024 * 1024

/** What an unverified caller may make us read (SECURITY 13). */
export const BODY_BYTES_UNVERIFIED_MAX: number = 64 * 1024

/** A credential longer than this is refused before it is parsed (SECURITY 13). */
export const TOKEN_BYTES_MAX: number = 8 * 1024

/** A chain longer than this is a loop or an attack; the longest seen in practice is 4. */
export const ACTOR_CHAIN_LENGTH_MAX: number = 8

/** Tool arguments seen by policies (SECURITY 15). */
export const ARGUMENTS_BYTES_MAX: number = 1024 * 1024
export const ARGUMENTS_DEPTH_MAX: number = 32
export const ARGUMENTS_ELEMENTS_MAX: number = 10_000

/** Steps one decision may take before it ends as `evaluation_limit` (SECURITY 15). */
export const EVALUATION_STEPS_MAX: number = 100_000

/** Between `commit` and `forward` only signing happens; longer than this is `not_sent` (SECURITY 12). */
export const SIGN_DEADLINE_MS: number = 1000

/** An expression longer than this is generated or hostile; in UTF-16 units. */
export const EXPRESSION_LENGTH_MAX: number = 64 * 1024

/** Nesting of an expression; the reference implementation allows the same. */
export const EXPRESSION_DEPTH_MAX: number = 250

/** Diagnostics shown for one expression; more do not help. */
export const DIAGNOSTICS_MAX: number = 20

/** Nesting of values that are compared or written; JSON that we read stays below it. */
export const VALUE_DEPTH_MAX: number = 128

/** Characters of text work that count as one step (SECURITY 15). */
export const CHARACTERS_PER_STEP: number = 64

/** Characters that a regular expression reads that count as one step: it costs more than a search. */
export const REGEX_CHARACTERS_PER_STEP: number = 8

/** A regular expression longer than this is refused; in UTF-16 units. */
export const REGEX_LENGTH_MAX: number = 1024

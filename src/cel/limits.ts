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

/**
 * Matching a regular expression takes at most characters times instructions of its program; so much
 * of that counts as one step. Finding whether it matches is measured at 4 ns each.
 */
export const REGEX_SEARCH_PER_STEP: number = 256

/** The same where positions and groups are wanted, which is measured at 30 ns each. */
export const REGEX_EXTRACT_PER_STEP: number = 32

/** A regular expression longer than this is refused; in UTF-16 units. */
export const REGEX_LENGTH_MAX: number = 1024

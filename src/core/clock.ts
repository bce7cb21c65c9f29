import type { Brand } from './brand.ts'

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMillis = Brand<number, 'EpochMillis'>

/** A whole number of seconds. */
export type Seconds = Brand<number, 'Seconds'>

/** Where time comes from; the only real one is made in `app/`. */
export type Clock = { readonly now: () => EpochMillis }

/** Brands a number that is known to be milliseconds since the epoch. */
export const epochMillis = (value: number): EpochMillis => value as EpochMillis

/** Brands a number that is known to be whole seconds. */
export const seconds = (value: number): Seconds => value as Seconds

/** RFC 3339 in UTC with milliseconds, the form of time in records. */
export const rfc3339 = (at: EpochMillis): string => new Date(at).toISOString()

/** Whole seconds since the epoch, the form of time in JWTs (RFC 7519 §2, NumericDate). */
export const numericDate = (at: EpochMillis): Seconds => Math.floor(at / 1000) as Seconds

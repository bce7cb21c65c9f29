import type { EpochMillis } from './clock.ts'
import type { Caller } from './identity.ts'
import type { RunId } from './ids.ts'
import type { Json, JsonObject } from './json.ts'

/** Every door, as records and metrics name it. */
export const SURFACES = ['mcp', 'llm', 'token', 'cerbos', 'control'] as const

/** By which door a request came in. */
export type Surface = (typeof SURFACES)[number]

/** What is acted on (CONTRACTS 1): `attr` is parsed from the request, never guessed. */
export type Resource = {
  readonly kind: string
  readonly id: string
  readonly attr: JsonObject
  readonly scope: string
  readonly policyVersion: string
}

/** One action on one resource: the smallest thing that is allowed or denied. */
export type Ask = { readonly action: string; readonly resource: Resource }

/** Where and when; `time` is now and the only clock that policies see. */
export type Context = {
  readonly time: EpochMillis
  readonly surface: Surface
  readonly runId: RunId | null
  /** What the caller calls its run; untrusted. */
  readonly clientRunId: string | null
  readonly environment: string
  /** What the client says it is; untrusted. */
  readonly clientInfo: Json
}

/**
 * What `decide` is asked: who, what, on what, in which circumstances.
 * Kept sealed beside the record with the facts, so that a decision can be replayed.
 */
export type Question = {
  readonly caller: Caller
  readonly ask: Ask
  readonly context: Context
}

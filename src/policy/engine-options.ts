import type { JsonObject } from '../core/json.ts'

/** How the engine reads policies, where the language leaves a choice. */
export type EngineOptions = {
  /** What `G` and `globals` hold in every expression. */
  readonly globals: JsonObject
  /** The version of requests that name none. */
  readonly defaultPolicyVersion: string
  /** The scope of requests that name none. */
  readonly defaultScope: string
  /**
   * Whether a scope without policies falls back to the nearest ancestor that has some. Holds for
   * policy-only answers alone (SECURITY 27).
   */
  readonly lenientScopeSearch: boolean
  /**
   * Whether a condition that fails denies. False is Cerbos' own default, in which it counts as not
   * met; it holds for policy-only answers alone (SECURITY 27).
   */
  readonly strictEvaluation: boolean
  /** What attributes that do not fit their schema do: nothing, be reported, or deny. */
  readonly schemaEnforcement: 'none' | 'warn' | 'reject'
}

/** What holds where nobody says otherwise. */
export const DEFAULT_ENGINE_OPTIONS: EngineOptions = {
  globals: {},
  defaultPolicyVersion: 'default',
  defaultScope: '',
  lenientScopeSearch: false,
  strictEvaluation: true,
  schemaEnforcement: 'none',
}

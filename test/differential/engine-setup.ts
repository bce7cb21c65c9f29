import type { JsonObject } from '../../src/core/json.ts'

/** A policy file or a schema (below `_schemas/`), by its path below the store. */
export type StoreFile = { readonly path: string; readonly text: string }

/** How both engines are set up: what of their configuration the tests vary. */
export type EngineSetup = {
  readonly files: readonly StoreFile[]
  /** `engine.strictEvaluation`. */
  readonly strict: boolean
  /** `schema.enforcement`. */
  readonly schemas: 'none' | 'warn' | 'reject'
  /** `engine.globals`. */
  readonly globals: JsonObject
}

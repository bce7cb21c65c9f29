import type { Change, Precondition } from '../core/change.ts'
import type { ReasonCode } from '../core/reason.ts'
import type { RecordDraft } from '../core/record.ts'
import type { RegistrySeed } from './sqlite/seed-registry.ts'

/**
 * What passes between the request's thread and the writer's: JSON text in both directions, one
 * message for everything that came together. Text is several times cheaper to hand over than objects.
 */
export type Request =
  | readonly [
      number: number,
      kind: 'commit',
      draft: RecordDraft,
      changes: readonly Change[],
      preconditions: readonly Precondition[],
    ]
  | readonly [number: number, kind: 'seed', seed: RegistrySeed]
  | readonly [number: number, kind: 'close']

/** The answer to one request, by its number. */
export type Answer =
  | readonly [number: number, kind: 'receipt', index: number, leaf: string, at: number]
  | readonly [number: number, kind: 'done']
  | readonly [number: number, kind: 'failed', code: ReasonCode, detail: string]

/** What the writer says once, when it is ready or when it cannot be. */
export type Greeting =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unable'; readonly detail: string }

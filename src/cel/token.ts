import type { Span } from './tree.ts'
import type { CelValue } from './value.ts'

/** The smallest piece of an expression that has a meaning. */
export type Token = Span &
  (
    | { readonly kind: 'identifier'; readonly name: string; readonly quoted: boolean }
    | { readonly kind: 'symbol'; readonly symbol: string }
    | { readonly kind: 'number'; readonly text: string; readonly form: 'int' | 'uint' | 'double' }
    | { readonly kind: 'text'; readonly value: CelValue }
    | { readonly kind: 'end' }
  )

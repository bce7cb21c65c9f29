import { RECORD_TYPES } from '../core/record.ts'
import { REASON_CODES } from '../core/reason.ts'
import { SURFACES } from '../core/question.ts'
import type { FlatName } from './flat.ts'
import type { Shape } from './shape.ts'

export const SCHEMA_VERSION: string = '1.0'

/** More approvals than this on one call is a mistake; it also bounds the leaf. */
export const APPROVALS_MAX: number = 16

/** The C2SP tile format carries entries of at most this many bytes. */
export const LEAF_BYTES_MAX: number = 65_535

/**
 * How a field is kept (SECURITY 24).
 * `public`: in clear in the leaf; closed codes, digests, our own ids and numbers only.
 * `handle`: a person is a random handle in the leaf, and every name a salted commitment beside it.
 * `sealed`: a salted commitment in the leaf; salt and value encrypted beside it.
 * `committed`: a salted commitment of a digest; only the salt is kept, the digest itself nowhere.
 */
export type Field =
  | { readonly class: 'public'; readonly shape: Shape }
  | { readonly class: 'handle' }
  | { readonly class: 'sealed'; readonly about: About; readonly shape: Shape }
  | { readonly class: 'committed'; readonly about: About }

/**
 * Whom a value is about, which says under whose keys it lies: nobody (the tenant's key), the person
 * who calls, or everybody named in the record, so that forgetting any one of them forgets it.
 */
export type About = 'tenant' | 'caller' | 'everyone'

const text: Shape = { kind: 'text' }
const nullable = (of: Shape): Shape => ({ kind: 'nullable', of })
const list = (of: Shape, max: number): Shape => ({ kind: 'list', of, max })
const plain = (shape: Shape): Field => ({ class: 'public', shape })
const sealed = (about: About, shape: Shape): Field => ({ class: 'sealed', about, shape })
const uuid: Field = plain({ kind: 'uuid' })
const uuidOrNull: Field = plain(nullable({ kind: 'uuid' }))
const wholeOrNull: Field = plain(nullable({ kind: 'whole' }))
const code = (of: readonly string[]): Shape => ({ kind: 'code', of })

const EFFECTS = [
  'pending',
  'withheld',
  'not_observed',
  'applied',
  'completed',
  'failed',
  'not_sent',
  'unknown',
] as const
const ASSURANCES = ['bearer', 'dpop', 'mtls', 'private_key_jwt', 'development', 'local'] as const
const ENDINGS = ['end', 'client_closed', 'upstream_error', 'timeout', 'refused'] as const
const DECISIONS = ['allow', 'deny'] as const

/** Bounds of lists that are sealed; a request that makes more is refused long before. */
const LIST_MAX = 10_000

const resource: Shape = { kind: 'object', of: { id: text, kind: text } }
const basis: Shape = {
  kind: 'object',
  of: {
    effect: code(DECISIONS),
    factor: text,
    policy: nullable(text),
    principal: text,
    rule: nullable(text),
  },
}
const item: Shape = {
  kind: 'object',
  of: {
    action: text,
    decision: code(DECISIONS),
    policy_id: nullable(text),
    policy_release: nullable(text),
    reason: nullable(code(REASON_CODES)),
    reason_detail: nullable(text),
    resource,
    rule: nullable(text),
  },
}
const actor: Shape = {
  kind: 'object',
  of: { agent_id: text, agent_instance_id: { kind: 'uuid' } },
}

/** Every field of a record with its classification: the one table that writer, verifier, reader and schema share. */
export const FIELDS: { readonly [name in FlatName]: Field } = {
  schema_version: plain({ kind: 'const', value: SCHEMA_VERSION }),
  id: uuid,
  type: plain(code(RECORD_TYPES)),
  timestamp: plain({ kind: 'time' }),
  tenant_id: plain({ kind: 'name' }),
  surface: plain(code(SURFACES)),
  source: sealed('caller', text),
  policy_decision_id: uuid,
  decision: plain(nullable(code(DECISIONS))),
  effect: plain(code(EFFECTS)),
  reason: plain(nullable(code(REASON_CODES))),
  reason_detail: sealed('everyone', text),
  policy_release: plain(nullable({ kind: 'digest' })),
  policy_id: sealed('tenant', text),
  policy_scope: sealed('tenant', text),
  rule: sealed('tenant', text),
  basis: sealed('everyone', list(basis, LIST_MAX)),
  principal: { class: 'handle' },
  subject: { class: 'handle' },
  sponsor_id: { class: 'handle' },
  agent_instance_id: uuidOrNull,
  parent_agent_id: uuidOrNull,
  chain: sealed('tenant', list(actor, LIST_MAX)),
  run_id: uuidOrNull,
  client_run_id: sealed('caller', text),
  tool_id: sealed('tenant', text),
  resource: sealed('caller', resource),
  action: sealed('tenant', text),
  purpose: sealed('caller', text),
  request_hash: { class: 'committed', about: 'caller' },
  response_hash: { class: 'committed', about: 'caller' },
  token_ref: uuidOrNull,
  mints: uuidOrNull,
  assurance: plain(nullable(code(ASSURANCES))),
  asserted_by: sealed('tenant', text),
  approvals: plain(list({ kind: 'uuid' }, APPROVALS_MAX)),
  consent: sealed('caller', text),
  obligations: sealed('tenant', list(text, LIST_MAX)),
  items: sealed('everyone', list(item, LIST_MAX)),
  list_total: wholeOrNull,
  list_shown: wholeOrNull,
  list_names: { class: 'committed', about: 'tenant' },
  count: wholeOrNull,
  status: wholeOrNull,
  bytes_sent: wholeOrNull,
  duration_ms: plain(nullable({ kind: 'number' })),
  ended: plain(nullable(code(ENDINGS))),
  replay: sealed('everyone', text),
  durability: plain(code(['local'])),
  clock_offset_ms: plain(nullable({ kind: 'number' })),
  producer: plain({ kind: 'object', of: { boot_id: { kind: 'uuid' }, id: { kind: 'uuid' } } }),
  seq: plain({ kind: 'whole' }),
}

/** The one member of the leaf that is no field of the record: the digest of its sealed part. */
export const SEALED_DIGEST: string = 'sealed_digest'

export const FLAT_NAMES: readonly FlatName[] = (Object.keys(FIELDS) as FlatName[]).sort()

const commitment: Shape = { kind: 'commitment' }
const leafPerson: Shape = nullable({
  kind: 'object',
  of: { handle: nullable({ kind: 'handle' }), name: commitment },
})

/** What stands in the leaf for a field. */
export function leafShape(field: Field): Shape {
  switch (field.class) {
    case 'public':
      return field.shape
    case 'handle':
      return leafPerson
    case 'sealed':
    case 'committed':
      return nullable(commitment)
  }
}

const erased: Shape = { kind: 'object', of: { erased: commitment } }

/** What a reader shows for a field; a value whose key was destroyed shows as `{"erased": …}`. */
export function flatShape(field: Field): Shape {
  switch (field.class) {
    case 'public':
      return field.shape
    case 'handle':
      return nullable({ kind: 'either', of: [text, erased] })
    case 'sealed':
      return nullable({ kind: 'either', of: [field.shape, erased] })
    case 'committed':
      return nullable(commitment)
  }
}

/** The closed object that one Merkle leaf is: every field, always. */
export const LEAF_SHAPE: Shape = {
  kind: 'object',
  of: {
    ...Object.fromEntries(FLAT_NAMES.map((name) => [name, leafShape(FIELDS[name])])),
    [SEALED_DIGEST]: { kind: 'digest' },
  },
}

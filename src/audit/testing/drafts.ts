import fc from 'fast-check'
import type { Assurance } from '../../core/identity.ts'
import { type EpochMillis, epochMillis } from '../../core/clock.ts'
import type { Basis, PolicyRef } from '../../core/decision.ts'
import type { DecisionId, Digest, TenantId } from '../../core/ids.ts'
import { REASON_CODES } from '../../core/reason.ts'
import type { Outcome, RecordDraft, RecordItem } from '../../core/record.ts'
import { SURFACES } from '../../core/question.ts'

/** A moment in November 2026. */
export const A_TIME: EpochMillis = epochMillis(1_795_000_000_000)

/** A record of an allowed tool call; `number` makes its ids. */
export function aDraft(number: number, over: Partial<RecordDraft> = {}): RecordDraft {
  const id = uuid(number)
  return {
    id,
    type: 'decision',
    at: epochMillis(A_TIME + number),
    tenant: 'default' as TenantId,
    surface: 'mcp',
    source: '192.0.2.17',
    decisionId: id as DecisionId,
    decision: 'allow',
    effect: 'pending',
    reason: null,
    policy: { release: digest(1), id: 'policy-of-payments', rule: 'cap-of-refunds', scope: '' },
    basis: [{ factor: 'subject', principal: 'alice', effect: 'allow', policy: 'p', rule: null }],
    principal: 'agent:refund-agent',
    subject: 'alice',
    sponsor: 'dana' as RecordDraft['sponsor'],
    instance: uuid(1_000_001) as RecordDraft['instance'],
    parent: null,
    run: uuid(1_000_002) as RecordDraft['run'],
    clientRunId: 'client-run-seven',
    chain: [{ agent: 'refund-agent', instance: uuid(1_000_001) } as RecordDraft['chain'][number]],
    tool: 'payments/refund',
    resource: { kind: 'mcp:payments', id: 'refund' },
    action: 'tool:refund',
    purpose: 'ticket-4711',
    token: uuid(1_000_003) as RecordDraft['token'],
    mints: null,
    assurance: 'bearer',
    assertedBy: null,
    approvals: [],
    consent: null,
    obligations: [],
    requestHash: digest(2),
    items: [],
    list: null,
    count: null,
    outcome: null,
    replay: '{"question":{"args":{"amount":500}}}',
    ...over,
  }
}

/** The outcome that belongs to a decision. */
export const anOutcome = (number: number, decision: RecordDraft): RecordDraft =>
  aDraft(number, {
    type: 'outcome',
    decisionId: decision.decisionId,
    decision: null,
    effect: 'completed',
    requestHash: null,
    replay: null,
    outcome: {
      effect: 'completed',
      status: 200,
      bytesSent: 120,
      durationMs: 1.5,
      responseHash: digest(3),
      ended: 'end',
    },
  })

export const digest = (byte: number): Digest =>
  `sha256:${Buffer.alloc(32, byte).toString('base64url')}` as Digest

export const uuid = (number: number): string =>
  `01a1fc4e-c983-7000-8000-${number.toString(16).padStart(12, '0')}`

/** Every name in an arbitrary draft carries this, which no hash can: a leaf that shows one gives itself away. */
export const PRIVATE_MARK: string = 'q~7'

const privateText: fc.Arbitrary<string> = fc
  .string({ unit: 'binary', maxLength: 20 })
  .filter((text) => text.isWellFormed())
  .map((text) => `${PRIVATE_MARK}${text}`)

const person = fc.constantFrom('ann', 'bob', 'cyd').map((name) => `${PRIVATE_MARK}${name}`)
const principal = fc.oneof(
  person,
  privateText.map((text) => `agent:${text}`),
  privateText.map((text) => `caller:${text}`),
)
const anyUuid = fc.nat().map(uuid)
const anyDigest = fc.nat(255).map(digest)
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(value, { nil: null })
const effect = fc.constantFrom('allow' as const, 'deny' as const)
const anyReason = fc.record({ code: fc.constantFrom(...REASON_CODES), detail: privateText })
const resource = fc.record({ kind: privateText, id: privateText })
const policy: fc.Arbitrary<PolicyRef> = fc.record({
  release: anyDigest,
  id: privateText,
  rule: orNull(privateText),
  scope: privateText,
})
const basis: fc.Arbitrary<Basis> = fc.record({
  factor: fc.constantFrom('subject' as const, 'actor' as const, 'sponsor' as const),
  principal,
  effect,
  policy: orNull(privateText),
  rule: orNull(privateText),
})
const item: fc.Arbitrary<RecordItem> = fc.record({
  action: privateText,
  resource,
  decision: effect,
  reason: orNull(anyReason),
  policy: orNull(policy),
})
const outcome: fc.Arbitrary<Outcome> = fc.record({
  effect: fc.constantFrom('completed' as const, 'failed' as const),
  status: fc.nat(599),
  bytesSent: fc.nat(),
  durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
  responseHash: orNull(anyDigest),
  ended: fc.constantFrom('end' as const, 'timeout' as const),
})

/** Any draft that a surface could make, with the given number's id. */
export const arbitraryDraft = (number: number): fc.Arbitrary<RecordDraft> =>
  fc
    .record({
      at: fc.integer({ min: -5000, max: 5000 }).map((ms) => epochMillis(A_TIME + ms)),
      type: fc.constantFrom('decision' as const, 'outcome' as const, 'sponsor.suspended' as const),
      surface: fc.constantFrom(...SURFACES),
      source: orNull(privateText),
      decisionId: anyUuid.map((id) => id as DecisionId),
      decision: orNull(effect),
      effect: fc.constantFrom('pending' as const, 'withheld' as const, 'completed' as const),
      reason: orNull(anyReason),
      policy: orNull(policy),
      basis: fc.array(basis, { maxLength: 3 }),
      principal: orNull(principal),
      subject: orNull(principal),
      sponsor: orNull(person.map((name) => name as NonNullable<RecordDraft['sponsor']>)),
      clientRunId: orNull(privateText),
      chain: fc.array(fc.record({ agent: privateText, instance: anyUuid }), {
        maxLength: 3,
      }) as unknown as fc.Arbitrary<RecordDraft['chain']>,
      tool: orNull(privateText),
      resource: orNull(resource),
      action: orNull(privateText),
      purpose: orNull(privateText),
      assurance: orNull(fc.constantFrom<Assurance>('bearer', 'dpop', 'local')),
      assertedBy: orNull(privateText),
      approvals: fc.array(anyUuid, { maxLength: 3 }),
      consent: orNull(privateText),
      obligations: fc.array(privateText, { maxLength: 3 }),
      requestHash: orNull(anyDigest),
      items: fc.array(item, { maxLength: 3 }),
      list: orNull(fc.record({ total: fc.nat(), shown: fc.nat(), names: anyDigest })),
      count: orNull(fc.nat()),
      outcome: orNull(outcome),
      replay: orNull(privateText),
    })
    .map((over) => aDraft(number, over))

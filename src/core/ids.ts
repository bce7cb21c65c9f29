import type { Brand } from './brand.ts'
import type { EpochMillis } from './clock.ts'

/** Which customer's data this is; first argument of every port. Until the fleet there is one, `default`. */
export type TenantId = Brand<string, 'TenantId'>
/** A person as policies see them: bare for people of the primary issuer, else `<issuer-alias>:<id>`. */
export type PersonId = Brand<string, 'PersonId'>
/** A registered kind of agent, without the `agent:` prefix. */
export type AgentId = Brand<string, 'AgentId'>
/** One run of one agent (UUIDv7). */
export type InstanceId = Brand<string, 'InstanceId'>
/** The tree of instances under one root; the `txn` claim (UUIDv7). */
export type RunId = Brand<string, 'RunId'>
/** One decision and its record (UUIDv7). */
export type DecisionId = Brand<string, 'DecisionId'>
/** A token's own id, the `jti` claim (UUIDv7). */
export type TokenId = Brand<string, 'TokenId'>
/** Where a token is good: one URL under `public_url`. */
export type Audience = Brand<string, 'Audience'>
/** `sha256:<base64url>`. */
export type Digest = Brand<string, 'Digest'>

/** The only tenant until the fleet. */
export const DEFAULT_TENANT: TenantId = 'default' as TenantId

const NAME_PATTERN = /^[a-z][a-z0-9_-]{0,62}$/
const PERSON_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}(?::[A-Za-z0-9._@+-]{1,128})?$/
const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Agents, servers, providers and tool groups: `[a-z][a-z0-9_-]*`, at most 63 characters. */
export const isName = (text: string): boolean => NAME_PATTERN.test(text)

/** ASCII only, so that no two ids look alike (SECURITY 3). Compared as bytes, never folded. */
export const isPersonId = (text: string): text is PersonId => PERSON_PATTERN.test(text)

/** Whether the text may be the id of a registered agent: a name, without the `agent:` prefix. */
export const isAgentId = (text: string): text is AgentId => NAME_PATTERN.test(text)

/** Whether the text is a UUIDv7 in lower case, the only form that we make (RFC 9562 §5.7). */
export const isUuid = (text: string): boolean => UUID_PATTERN.test(text)

/** Random bytes from the operating system; made in `app/`. */
export type RandomBytes = (length: number) => Uint8Array

/** Makes a new UUIDv7 (RFC 9562 §5.7) as text. */
export type NewId = () => string

/**
 * Makes ids that sort by time. Within one millisecond the 12-bit counter counts up from a random
 * start, so ids of one process never repeat and keep their order; when it is full the id borrows
 * the next millisecond.
 */
export function createNewId(deps: {
  readonly now: () => EpochMillis
  readonly randomBytes: RandomBytes
}): NewId {
  let lastMs = 0
  let counter = 0
  return () => {
    const random = deps.randomBytes(10)
    const now = deps.now()
    if (now > lastMs) {
      lastMs = now
      counter = (((random[8] ?? 0) << 8) | (random[9] ?? 0)) & 0x7ff
    } else if (++counter > 0xfff) {
      lastMs++
      counter = 0
    }
    return formatUuid7(lastMs, counter, random)
  }
}

function formatUuid7(ms: number, counter: number, random: Uint8Array): string {
  const time = ms.toString(16).padStart(12, '0')
  const low = (7 << 12) | counter
  let tail = ''
  for (let i = 0; i < 8; i++) {
    const byte = i === 0 ? ((random[i] ?? 0) & 0x3f) | 0x80 : (random[i] ?? 0)
    tail += byte.toString(16).padStart(2, '0')
  }
  return `${time.slice(0, 8)}-${time.slice(8)}-${low.toString(16)}-${tail.slice(0, 4)}-${tail.slice(4)}`
}

import { epochMillis, seconds, type EpochMillis } from '../../core/clock.ts'
import type { InstanceCaller } from '../../core/identity.ts'
import type {
  AgentId,
  Audience,
  InstanceId,
  PersonId,
  RunId,
  TenantId,
  TokenId,
} from '../../core/ids.ts'
import type { Permit } from '../../core/path.ts'
import type { Ask } from '../../core/question.ts'
import type { TokenPlan } from '../../core/token-plan.ts'

/** Builders for tests of this room. */

export const NOW: EpochMillis = epochMillis(1_800_000_000_500)
export const NOW_SECONDS = 1_800_000_000
export const AUDIENCE = 'http://localhost:8080/mcp/payments' as Audience
export const TOKEN_ID = '01a00000-0000-7000-8000-000000000001' as TokenId
const INSTANCE_ID = '01a00000-0000-7000-8000-000000000003' as InstanceId
const RUN_ID = '01a00000-0000-7000-8000-000000000002' as RunId

export const aPlan = (changes: { readonly subject?: PersonId | null } = {}): TokenPlan => ({
  audience: AUDIENCE,
  instance: {
    id: INSTANCE_ID,
    agent: 'refund' as AgentId,
    parent: null,
    sponsor: 'dana' as PersonId,
    subject: changes.subject === undefined ? ('alice' as PersonId) : changes.subject,
    run: RUN_ID,
    purpose: 'refunds',
    createdAt: NOW,
  },
  grants: [{ type: 'agent_tool_call', locations: [AUDIENCE], tools: ['refund', 'lookup'] }],
  epochs: { tenant: 1, sponsor: 2, agent: 3, instance: 4, run: 5 },
  ttlSeconds: seconds(300),
})

export const aCaller = (changes: Partial<InstanceCaller> = {}): InstanceCaller => ({
  kind: 'instance',
  tenant: 'default' as TenantId,
  subject: { kind: 'user', id: 'alice' as PersonId },
  actors: [{ agent: 'refund' as AgentId, instance: INSTANCE_ID, parent: null }],
  sponsor: 'dana' as PersonId,
  grants: aPlan().grants,
  audience: AUDIENCE,
  run: RUN_ID,
  purpose: 'refunds',
  token: {
    id: TOKEN_ID,
    issuedAt: NOW,
    expiresAt: epochMillis((NOW_SECONDS + 200) * 1000),
    rootExpiresAt: epochMillis((NOW_SECONDS + 200) * 1000),
  },
  epochs: aPlan().epochs,
  assurance: 'bearer',
  ...changes,
})

export const anAsk = (
  action: string,
  kind: string,
  id: string,
  args?: Ask['resource']['attr'],
): Ask => ({
  action,
  resource: {
    kind,
    id,
    attr: args === undefined ? {} : { args },
    scope: '',
    policyVersion: 'default',
  },
})

export const aPermit = (asks: readonly Ask[], changes: Partial<Permit> = {}): Permit => ({
  decisionId: '01a00000-0000-7000-8000-0000000000d1' as Permit['decisionId'],
  caller: aCaller(),
  asked: {
    kind: 'call',
    asks,
    tool: null,
    purpose: null,
    clientRunId: null,
    clientInfo: null,
    requestHash: null,
    changes: [],
    mints: null,
  },
  decisions: [],
  receipt: { id: 'r', index: 0, leaf: 'sha256:' as Permit['receipt']['leaf'], at: NOW },
  ...changes,
})

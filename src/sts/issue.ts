import { invariant } from '../core/bug.ts'
import type { InstanceCaller } from '../core/identity.ts'
import type { TokenId } from '../core/ids.ts'
import type { JsonObject } from '../core/json.ts'
import type { Asked, Credential, Issue, Permit } from '../core/path.ts'
import type { Ask } from '../core/question.ts'
import type { Reason } from '../core/reason.ts'
import { ok, type Result } from '../core/result.ts'
import { plansToken } from '../core/token-plan.ts'
import { mintCallToken, type ToolCall } from './call-token.ts'
import { mintInstanceToken, type Minter } from './instance-token.ts'
import type { SigningKey } from './signing-keys.ts'

/** What a call carries to its upstream; never anything that the client sent. */
export type UpstreamCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'configured_header'; readonly name: string; readonly value: string }
  /** `audience` is the upstream's own name, under which it introspects the token. */
  | { readonly kind: 'call_token'; readonly audience: string }

export type IssueDeps = {
  readonly issuer: string
  readonly signingKey: () => SigningKey
  /** By `mcp:<server>` and `llm:<provider>`; an upstream that is not here gets nothing. */
  readonly upstreams: ReadonlyMap<string, UpstreamCredential>
}

/**
 * Makes the path's `issue` step: the planned instance token for the token service, the configured
 * credential for an upstream. It only signs; what it signs, the record already names.
 */
export const createIssue =
  (deps: IssueDeps): Issue =>
  async (permit) => {
    const minter: Minter = { issuer: deps.issuer, key: deps.signingKey() }
    if (plansToken(permit.asked)) return ok(instanceCredential(minter, permit))
    if (permit.caller.kind !== 'instance') return ok({ kind: 'none' })
    const upstream = deps.upstreams.get(upstreamOf(permit.asked.asks[0])) ?? { kind: 'none' }
    switch (upstream.kind) {
      case 'none':
        return ok({ kind: 'none' })
      case 'configured_header':
        return ok({ kind: 'header', name: upstream.name, value: upstream.value })
      case 'call_token':
        return callCredential(minter, permit, permit.caller, upstream.audience)
    }
  }

function instanceCredential(minter: Minter, permit: Permit): Credential {
  const { asked } = permit
  invariant(plansToken(asked), 'a token was planned')
  const minted = mintInstanceToken(minter, {
    plan: asked.plan,
    id: asked.mints,
    tenant: permit.caller.tenant,
    at: permit.receipt.at,
  })
  return { kind: 'token', ...minted }
}

function callCredential(
  minter: Minter,
  permit: Permit,
  caller: InstanceCaller,
  audience: string,
): Result<Credential, Reason> {
  const minted = mintCallToken(minter, {
    caller,
    audience,
    call: toolCallOf(permit.asked),
    decisionId: permit.decisionId,
    // One call has one decision and one token, so that the record names the token by its own id.
    id: permit.asked.mints ?? (permit.decisionId as string as TokenId),
    at: permit.receipt.at,
  })
  if (!minted.ok) return minted
  return ok({ kind: 'header', name: 'authorization', value: `Bearer ${minted.value.token}` })
}

/** Resource kinds are `mcp:<server>` and `model`, whose id is `<provider>/<model>` (CONTRACTS 1). */
function upstreamOf(ask: Ask | undefined): string {
  if (ask === undefined) return ''
  const { kind, id } = ask.resource
  return kind === 'model' ? `llm:${id.split('/', 1)[0] ?? ''}` : kind
}

/** Only a call of one tool is bound to arguments; a list of one tool is no call. */
function toolCallOf({ kind, asks }: Asked): ToolCall | null {
  const [ask, ...others] = asks
  if (kind !== 'call' || ask === undefined || others.length > 0) return null
  if (!ask.action.startsWith('tool:')) return null
  const attr: JsonObject = ask.resource.attr
  return { tool: ask.action.slice('tool:'.length), args: attr['args'] ?? {} }
}

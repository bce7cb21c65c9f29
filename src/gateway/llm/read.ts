import type { Json, JsonObject } from '../../core/json.ts'
import { BODY_BYTES_MAX } from '../../core/limits.ts'
import type { Asked, InboundCall, Read } from '../../core/path.ts'
import type { Ask } from '../../core/question.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { readJsonBody } from '../json-body.ts'
import type { LlmClassified } from './classify.ts'
import type { Catalogue, Dialect, Model } from './provider.ts'
import { readBody, type ModelRequest } from './read-body.ts'

/** A model call understood in full. */
export type LlmAsked = Asked & {
  /** The body as it came, which is what is forwarded; null for a list. */
  readonly body: Uint8Array | null
  /** The models that a list is about, one per ask and in their order; else empty. */
  readonly listed: readonly Model[]
}

/**
 * Says what a model call asks: `invoke` or `embed` on the model, and `connect` on every MCP server
 * that the provider is told to call, since such a server is reached without passing us again. The
 * list of models asks for each model of the provider.
 *
 * Fails with `malformed` or `unsupported` for a body that we do not understand in full, and with
 * `not_found` for a model or MCP server that is not in the config.
 */
export const createRead =
  (catalogue: Catalogue): Read<LlmClassified, LlmAsked> =>
  async (call, classified) => {
    const { provider, operation } = classified
    if (operation === 'list_models') return ok(listAsked(call, catalogue.modelsOf(provider)))
    if (!acceptsQuery(provider.dialect, call.query))
      return fail(reason('malformed', 'this operation takes no query'))
    const body = await readJsonBody(call, BODY_BYTES_MAX)
    if (!body.ok) return body
    const request = readBody(operation, body.value.value)
    if (!request.ok) return request
    const asks = asksOf(catalogue, classified, request.value)
    if (!asks.ok) return asks
    return ok({
      ...commonAsked(call),
      kind: 'call',
      asks: asks.value,
      tool: asks.value[0]?.resource.id ?? null,
      requestHash: body.value.digest,
      body: body.value.bytes,
      listed: [],
    })
  }

/** The official Anthropic client marks calls to features in beta this way; no other query is known. */
const acceptsQuery = (dialect: Dialect, query: string): boolean =>
  query === '' || (dialect === 'anthropic' && query === 'beta=true')

function asksOf(
  catalogue: Catalogue,
  { provider, operation }: LlmClassified,
  request: ModelRequest,
): Result<readonly [Ask, ...Ask[]], Reason> {
  const model = catalogue.model(provider, request.model)
  if (model === null)
    return fail(reason('not_found', `there is no model \`${provider.id}/${request.model}\``))
  const servers: string[] = []
  for (const url of request.mcpUrls) {
    const server = catalogue.mcpServerAt(url)
    if (server === null) return fail(reason('not_found', 'there is no such MCP server'))
    if (!servers.includes(server)) servers.push(server)
  }
  const action = operation === 'embeddings' ? 'embed' : 'invoke'
  return ok([
    modelAsk(model, action, requestAttr(model, request, servers)),
    ...servers.map((id) => connectAsk(id, model)),
  ])
}

function listAsked(call: InboundCall, listed: readonly Model[]): LlmAsked {
  return {
    ...commonAsked(call),
    kind: 'list',
    asks: listed.map((model) => modelAsk(model, 'invoke', modelAttr(model))),
    tool: null,
    requestHash: null,
    body: null,
    listed,
  }
}

/** What the request chooses; members that it does not name are absent, also when the config has them. */
function requestAttr(model: Model, request: ModelRequest, servers: readonly string[]): JsonObject {
  const attr = modelAttr(model)
  attr['tools'] = request.tools
  attr['hosted_tools'] = request.hostedTools
  attr['mcp_servers'] = servers
  attr['stream'] = request.stream
  if (request.maxTokens === null) delete attr['max_tokens']
  else attr['max_tokens'] = request.maxTokens
  return attr
}

/** What the config says of a model; a list knows no more, and policies judge it as `visible` does. */
function modelAttr(model: Model): Record<string, Json> {
  const attr = Object.assign(Object.create(null) as Record<string, Json>, model.attr)
  attr['provider'] = model.provider
  attr['tier'] = model.tier
  return attr
}

const modelAsk = (model: Model, action: 'invoke' | 'embed', attr: JsonObject): Ask => ({
  action,
  resource: { kind: 'model', id: model.id, attr, scope: '', policyVersion: 'default' },
})

/** `transport` tells policies that the provider connects, not the caller through this gateway. */
const connectAsk = (server: string, model: Model): Ask => ({
  action: 'connect',
  resource: {
    kind: `mcp:${server}`,
    id: server,
    attr: { transport: 'provider', model: model.id },
    scope: '',
    policyVersion: 'default',
  },
})

const commonAsked = (
  call: InboundCall,
): Pick<LlmAsked, 'purpose' | 'clientRunId' | 'clientInfo' | 'changes' | 'mints'> => ({
  purpose: null,
  clientRunId: null,
  clientInfo: clientInfoOf(call),
  changes: [],
  mints: null,
})

/** Longest `user-agent` that is kept; official clients stay below 100 characters. */
const USER_AGENT_LENGTH_MAX = 256

const clientInfoOf = ({ headers }: InboundCall): Json =>
  headers['user-agent'] === undefined
    ? null
    : { user_agent: headers['user-agent'].slice(0, USER_AGENT_LENGTH_MAX) }

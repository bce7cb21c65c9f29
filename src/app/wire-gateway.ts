import { createHash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { digestOfText } from '../core/digest.ts'
import type { Handle, Release, RequestPath } from '../core/path.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { parseGrants } from '../grant/parse-grants.ts'
import { boundRate } from '../gateway/bound-rate.ts'
import { createCerbosSurface } from '../gateway/cerbos/cerbos-surface.ts'
import { createChecks } from '../gateway/cerbos/check-resource.ts'
import { createHandle, type HandleDeps } from '../gateway/handle.ts'
import { createLlmSurface } from '../gateway/llm/llm-surface.ts'
import { tokenTargets } from '../gateway/token/targets.ts'
import { createTokenPort } from '../gateway/token/token-port.ts'
import { createTokenRequests } from '../gateway/token/token-requests.ts'
import { createUpstream } from '../gateway/upstream.ts'
import { decide } from '../pdp/decide.ts'
import { visible } from '../pdp/visible.ts'
import { newInstance } from '../registry/instance.ts'
import type { Config } from './config/config.ts'
import { createDataPlane } from './data-plane.ts'
import { commitWithin, gatherWithin, realTimer } from './deadline.ts'
import { createDecisionPlane } from './decision-plane.ts'
import { createDirectory, type Directory } from './directory.ts'
import { createNoRoute, type NoRoute } from './no-route.ts'
import type { Store } from './open-store.ts'
import type { TokenKeys } from './token-keys.ts'
import { wireAuxData } from './wire-aux-data.ts'
import { wireCheck } from './wire-check.ts'
import { wireGather } from './wire-gather.ts'
import { wireIdentity } from './wire-identity.ts'
import { wireMcp, type McpDoor } from './wire-mcp.ts'

export type GatewayDeps = Pick<HandleDeps, 'clock' | 'newId' | 'recordStranger' | 'outcomeLost'> & {
  readonly store: Store
  readonly keys: TokenKeys
  readonly release: () => Release
  readonly dispatcher: Dispatcher
  readonly report: (what: string, error: unknown) => void
  readonly version: string
}

export type Gateway = {
  readonly data: Handle
  readonly decisions: Handle
  /** Answers what the guard of each listener refused. */
  readonly refused: Readonly<Record<'data' | 'control' | 'pdp', NoRoute>>
  readonly mcp: McpDoor
}

/** Gives every room's step to the one request path, and every surface to the port it belongs to. */
export function wireGateway(deps: GatewayDeps, config: Config): Result<Gateway, string> {
  const requests = createTokenRequests()
  const identity = wireIdentity(
    { clock: deps.clock, keys: deps.keys, clientCredentials: requests.clientCredentials },
    config,
  )
  if (!identity.ok) return fail(identity.error)
  const auxData = wireAuxData({ clock: deps.clock }, config.decisionApi)
  if (!auxData.ok) return auxData
  const directory = createDirectory(config)
  const path = wirePath(deps, config, directory, identity.value)
  const send = createUpstream({ dispatcher: deps.dispatcher })
  const mcp = wireMcp({ path, store: deps.store, send, report: deps.report }, config)
  const llm = createLlmSurface(
    { clock: deps.clock, send },
    {
      publicUrl: config.publicUrl,
      providers: config.providers,
      defaultProvider: config.providers.find((provider) => provider.default)?.id ?? null,
      models: config.models,
      mcpServers: config.servers.map(({ id, url }) => ({
        id,
        urls: [url, `${config.publicUrl}/mcp/${id}`],
      })),
    },
  )
  const noRoute = {
    data: createNoRoute(deps, 'token'),
    control: createNoRoute(deps, 'control'),
    pdp: createNoRoute(deps, 'cerbos'),
  }
  const data = createDataPlane({
    mcp: createHandle(path, mcp.surface),
    llm: createHandle(path, llm),
    token: createHandle(path, tokenPort(deps, config, requests, directory)),
    discovery: {
      publicUrl: config.publicUrl,
      issuer: config.tokens.issuer,
      jwks: () => deps.keys.set.jwks,
    },
    noRoute: noRoute.data,
  })
  const checks = createChecks(wireCheck)
  const cerbos = createCerbosSurface({
    checks,
    verifyAuxData: auxData.value,
    limits: config.decisionApi,
  })
  const decisions = createDecisionPlane({
    check: createHandle({ ...path, decide: checks.decide }, cerbos),
    version: deps.version,
    noRoute: noRoute.pdp,
  })
  return ok({ data, decisions, refused: noRoute, mcp })
}

function wirePath(
  deps: GatewayDeps,
  config: Config,
  directory: Directory,
  identity: Pick<RequestPath, 'verify' | 'issue'>,
): HandleDeps {
  const { store } = deps
  const limit = { timer: realTimer, deadlineMs: config.decisionDeadlineMs / 2 }
  return {
    ...identity,
    verify: boundRate({ clock: deps.clock, limits: config.callsPerSecond }, identity.verify),
    release: deps.release,
    gather: gatherWithin(
      { ...limit, unreadable: (error) => deps.report('facts cannot be read', error) },
      wireGather(directory, store.readState),
    ),
    decide,
    visible,
    commit: commitWithin({ ...limit, clock: deps.clock, newId: deps.newId }, store.commit),
    clock: deps.clock,
    newId: deps.newId,
    environment: config.mode,
    digest: (text) => digestOfText(sha256, text),
    recordStranger: deps.recordStranger,
    outcomeLost: deps.outcomeLost,
  }
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

function tokenPort(
  deps: GatewayDeps,
  config: Config,
  requests: ReturnType<typeof createTokenRequests>,
  directory: Directory,
): ReturnType<typeof createTokenPort> {
  const providers = new Set(config.providers.map(({ id }) => id))
  const supported = config.tokens.supportedTools
  return createTokenPort({
    publicUrl: config.publicUrl,
    requests,
    defaultTtlSeconds: config.tokens.defaultTtlSeconds,
    maxTtlSeconds: config.tokens.maxTtlSeconds,
    requireSponsor: config.tokens.requireSponsor,
    targets: tokenTargets({
      publicUrl: config.publicUrl,
      servers: supported.filter((tool) => !providers.has(tool)),
      providers: supported.filter((tool) => providers.has(tool)),
    }),
    agent: (_tenant, id) => directory.agent(id),
    epochs: deps.store.readState.epochs,
    newInstance,
    parseGrants,
    newId: deps.newId,
  })
}

import { createHash } from 'node:crypto'
import type { ControlPlaneDeps } from '../admin/control-plane.ts'
import { blankDraft } from '../core/blank-draft.ts'
import { digestOfText } from '../core/digest.ts'
import { principalIdOf } from '../core/identity.ts'
import type { DecisionId } from '../core/ids.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import type { Credential, SurfacePort } from '../core/path.ts'
import type { HandleDeps } from '../gateway/handle.ts'
import type { McpAsked } from '../gateway/mcp/asked.ts'
import { createCatalogue, type CatalogueNotice } from '../gateway/mcp/catalogue.ts'
import type { McpClassified } from '../gateway/mcp/classify.ts'
import type { Own } from '../gateway/mcp/forwarding.ts'
import { createMayKnow } from '../gateway/mcp/may-know.ts'
import { createMcpSurface } from '../gateway/mcp/mcp-surface.ts'
import type { McpServer } from '../gateway/mcp/server.ts'
import { createCompileSchema } from '../gateway/mcp/tool-schema.ts'
import type { SendUpstream } from '../gateway/upstream.ts'
import type { Config, McpServerConfig } from './config/config.ts'
import type { Store } from './open-store.ts'

export type McpDoor = {
  readonly surface: SurfacePort<McpClassified, McpAsked>
  /** A tool's definition as its server gives it now, for review. */
  readonly tool: ControlPlaneDeps['tool']
}

export type McpWiring = {
  readonly path: HandleDeps
  readonly store: Store
  readonly send: SendUpstream
  readonly report: (what: string, error: unknown) => void
}

/** How long a server's list of tools is used before it is read again. */
const CATALOGUE_TTL_MS = 5000
/** A tool may work for this long before it answers, and pause for this long while it streams. */
const TOOL_TIMEOUT_MS = 300_000

/** Builds the door `/mcp/<server>` and what reviews the definitions behind it. */
export function wireMcp(wiring: McpWiring, config: Config): McpDoor {
  const { path, store, send } = wiring
  const servers = new Map(config.servers.map((server) => [server.id, mcpServer(server)]))
  const credentials = new Map(config.servers.map((server) => [server.id, ownCredential(server)]))
  const catalogue = {
    send,
    clock: path.clock,
    credentialFor: async (server: McpServer) => credentials.get(server.id) ?? NO_CREDENTIAL,
    digest: (text: string) => digestOfText(sha256, text),
    catalogueTtlMs: CATALOGUE_TTL_MS,
    report: (notice: CatalogueNotice) => wiring.report(noticeText(notice), ''),
  }
  const surface = createMcpSurface({
    ...catalogue,
    publicUrl: config.publicUrl,
    servers,
    allowedOrigins: new Set(),
    state: store.readState,
    mayKnow: createMayKnow(path),
    own: own(path),
  })
  const now = createCatalogue({
    ...catalogue,
    catalogueTtlMs: 0,
    compileSchema: createCompileSchema(),
  })
  return {
    surface,
    tool: async (id, name) => {
      const server = servers.get(id)
      const tools = server === undefined ? null : await now(server)
      const tool = tools?.ok === true ? tools.value.get(name) : undefined
      if (tool === undefined) return null
      const pinned = store.readState.pinnedTool(DEFAULT_TENANT, id, name)
      return { definition: tool.definition, digest: tool.digest, pinned }
    },
  }
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

const mcpServer = (server: McpServerConfig): McpServer => ({
  id: server.id,
  url: server.url,
  openArguments: new Set(server.openArguments),
  headers: {},
  headersTimeoutMs: TOOL_TIMEOUT_MS,
  idleTimeoutMs: TOOL_TIMEOUT_MS,
})

const NO_CREDENTIAL: Credential = { kind: 'none' }

/** The catalogue is read as the gateway itself; a call token belongs to a call, and a list is none. */
const ownCredential = ({ credential }: McpServerConfig): Credential =>
  credential.kind === 'configured_header'
    ? { kind: 'header', name: credential.name, value: credential.value }
    : NO_CREDENTIAL

/** A session that the upstream opened belongs to the instance that asked for it, durably, before it is told. */
const own =
  (path: HandleDeps): Own =>
  (change, { caller, asked }) => {
    const id = path.newId() as DecisionId
    const draft = blankDraft({
      id,
      at: path.clock.now(),
      tenant: DEFAULT_TENANT,
      surface: 'mcp',
      source: null,
    })
    const resource = asked.asks[0]?.resource ?? null
    return path.commit(
      {
        ...draft,
        type: 'session.opened',
        decision: 'allow',
        effect: 'applied',
        principal: caller.kind === 'instance' ? `agent:${caller.actors.at(-1)?.agent ?? ''}` : null,
        subject: caller.kind === 'instance' ? principalIdOf(caller.subject) : null,
        sponsor: caller.kind === 'instance' ? caller.sponsor : null,
        instance: caller.kind === 'instance' ? (caller.actors.at(-1)?.instance ?? null) : null,
        run: caller.kind === 'instance' ? caller.run : null,
        resource: resource === null ? null : { kind: resource.kind, id: resource.id },
        action: 'session.opened',
      },
      [change],
      [],
    )
  }

function noticeText(notice: CatalogueNotice): string {
  switch (notice.kind) {
    case 'tool_ignored':
      return `tool \`${notice.tool}\` of ${notice.server} is not offered: its name cannot be used in policies, or stands twice`
    case 'definition_changed':
      return `tool \`${notice.tool}\` of ${notice.server} changed its definition; it is refused until \`reeve tool accept ${notice.server} ${notice.tool}\``
    case 'unreadable':
      return `the tools of ${notice.server} cannot be read: ${notice.reason.detail}`
  }
}

import type { Json, JsonObject } from '../../core/json.ts'
import type { Asked } from '../../core/path.ts'
import type { Ask, Resource } from '../../core/question.ts'
import type { CatalogueTool } from './catalogue.ts'
import type { Era } from './era.ts'
import type { RpcId } from './message.ts'
import { kindOf, type McpServer } from './server.ts'

/** The message that goes upstream when it is allowed: the bytes that were read and decided. */
export type SendPlan = {
  readonly kind: 'send'
  readonly method: string
  readonly id: RpcId | null
  readonly era: Era
  readonly bytes: Uint8Array
  /** `mcp-*` headers, each of which was compared with the body. */
  readonly headers: Readonly<Record<string, string>>
}

/** A list that the gateway answers itself; one tool for each ask, in the same order. */
export type ListPlan = {
  readonly kind: 'list'
  readonly id: RpcId
  readonly era: Era
  readonly tools: readonly CatalogueTool[]
}

export type EndSessionPlan = {
  readonly kind: 'end_session'
  readonly headers: Readonly<Record<string, string>>
}

/** What is asked of a server, with the plan that `forward` carries out when it is allowed. */
export type McpAsked = Asked & { readonly plan: SendPlan | ListPlan | EndSessionPlan }

/** What most requests of this surface leave empty. */
export const BLANK_ASKED: Omit<McpAsked, 'kind' | 'asks' | 'plan'> = {
  tool: null,
  purpose: null,
  clientRunId: null,
  clientInfo: null,
  requestHash: null,
  changes: [],
  mints: null,
}

/** Everything that is neither a tool nor another object of the server (CONTRACTS 1). */
export const connectAsk = (server: McpServer, protocolVersion: string): Ask => ({
  action: 'connect',
  resource: resource(server, server.id, {
    protocol_version: protocolVersion,
    transport: 'streamable_http',
  }),
})

/** A tool, with its arguments, or without when they are not known yet. */
export const toolAsk = (server: McpServer, tool: CatalogueTool, args: JsonObject | null): Ask => ({
  action: `tool:${tool.name}`,
  resource: resource(server, tool.name, {
    ...(args === null ? {} : { args }),
    tool: {
      name: tool.name,
      digest: tool.digest,
      annotations: tool.definition['annotations'] ?? null,
    },
  }),
})

const resource = (
  server: McpServer,
  id: string,
  attr: Readonly<Record<string, Json>>,
): Resource => ({ kind: kindOf(server), id, attr, scope: '', policyVersion: 'default' })

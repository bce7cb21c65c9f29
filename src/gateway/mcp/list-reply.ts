import { allows } from '../../core/decision.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Permit, Reply } from '../../core/path.ts'
import type { ListPlan, McpAsked } from './asked.ts'
import { META_DECISION_ID } from './era.ts'
import { jsonReply, rpcResult } from './rpc-reply.ts'

/**
 * Answers a list from the catalogue with what the caller may see, in one page. It depends on who
 * asks and on what may be revoked at any moment, so nobody may keep it (MCP 2026-07-28, Caching).
 */
export function listReply(permit: Permit<McpAsked>, plan: ListPlan): Reply {
  const tools = plan.tools
    .filter((_, i) => permit.decisions[i] !== undefined && allows(permit.decisions[i]))
    .map((tool) => tool.definition)
  const result: JsonObject = {
    tools,
    _meta: { [META_DECISION_ID]: permit.decisionId },
    ...(plan.era === 'modern' ? { resultType: 'complete', cacheScope: 'private', ttlMs: 0 } : {}),
  }
  return jsonReply(200, rpcResult(plan.id, result))
}

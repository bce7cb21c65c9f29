import type { JsonObject } from '../../core/json.ts'
import type { InboundCall, Refusal, Reply } from '../../core/path.ts'
import { challengeFor } from '../challenge.ts'
import { denialObject, disclose, statusOfRefusal } from '../denial.ts'
import { doorFaultOf, type ClassifyDeps, type McpClassified } from './classify.ts'
import { deniedMessage } from './denied-call.ts'
import { RPC_INVALID_REQUEST } from './fault.ts'
import { jsonReply, RPC_DENIED, rpcError } from './rpc-reply.ts'

/** Says a refusal as MCP does (CONTRACTS 4). */
export const createRefuse =
  (deps: ClassifyDeps) =>
  (call: InboundCall, classified: McpClassified | null, refusal: Refusal): Reply => {
    if (classified === null) return atTheDoor(deps, call, refusal)
    const challenge = challengeFor(refusal.reason, classified.audience, deps.publicUrl, call)
    const { fault, ...answered } = classified.heard.current
    if (refusal.at === 'verify') {
      return withChallenge(statusOfRefusal(refusal), denied(refusal), challenge)
    }
    if (fault !== null) {
      const data = { ...denialObject(refusal), ...fault.data }
      return jsonReply(
        fault.status,
        rpcError(answered.id, fault.rpcCode, fault.reason.detail, data),
      )
    }
    if (answered.tool !== null) return jsonReply(200, deniedMessage(answered, refusal))
    // What expects no JSON-RPC answer, and a server that must not be known, answer by their status.
    const byStatus = answered.id === null || disclose(refusal).reason.code === 'not_found'
    if (byStatus) return withChallenge(statusOfRefusal(refusal), denied(refusal), challenge)
    return withChallenge(200, deniedMessage(answered, refusal), challenge)
  }

/** 401 and 403 only where another credential would help, and then with the challenge that says so. */
function withChallenge(status: number, body: JsonObject, challenge: string | null): Reply {
  if (challenge === null) return jsonReply(status, body)
  const scoped = challenge.includes('error="insufficient_scope"')
  return jsonReply(scoped ? 403 : 401, body, { 'www-authenticate': challenge })
}

/** A refusal to somebody whose request has no id that we know of. */
const denied = (refusal: Refusal): JsonObject =>
  rpcError(null, RPC_DENIED, disclose(refusal).reason.detail, denialObject(refusal))

function atTheDoor(deps: ClassifyDeps, call: InboundCall, refusal: Refusal): Reply {
  const status = doorFaultOf(deps, call)?.status ?? 400
  if (status === 404) return jsonReply(status, denied(refusal))
  const data = denialObject(refusal)
  return jsonReply(
    status,
    rpcError(null, RPC_INVALID_REQUEST, refusal.reason.detail, data),
    status === 405 ? { allow: 'POST, DELETE' } : {},
  )
}

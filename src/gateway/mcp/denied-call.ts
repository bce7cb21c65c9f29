import type { JsonObject } from '../../core/json.ts'
import type { Refusal } from '../../core/path.ts'
import { denialObject, disclose } from '../denial.ts'
import { deniedText } from './denied-text.ts'
import { META_DECISION_ID, type Era } from './era.ts'
import { RPC_INVALID_PARAMS } from './fault.ts'
import type { RpcId } from './message.ts'
import { RPC_DENIED, rpcError, rpcResult } from './rpc-reply.ts'

/** What a refusal answers: the request's id, its era, and the tool when one was called. */
export type Answered = {
  readonly id: RpcId | null
  readonly era: Era
  readonly tool: string | null
}

/**
 * The JSON-RPC message of a refusal. A refused tool call is a result with `isError`, because only
 * that reaches the model; a tool that must not be known answers like one that does not exist.
 */
export function deniedMessage({ id, era, tool }: Answered, refusal: Refusal): JsonObject {
  const { code, detail } = disclose(refusal).reason
  if (tool === null) return rpcError(id, RPC_DENIED, detail, denialObject(refusal))
  if (code === 'not_found') return rpcError(id, RPC_INVALID_PARAMS, `Unknown tool: ${tool}`)
  return rpcResult(id, {
    content: [{ type: 'text', text: deniedText(refusal) }],
    structuredContent: denialObject(refusal),
    isError: true,
    _meta: { [META_DECISION_ID]: refusal.decisionId },
    ...(era === 'modern' ? { resultType: 'complete' } : {}),
  })
}

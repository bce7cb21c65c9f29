import type { InstanceCaller } from '../../core/identity.ts'
import { currentActor } from '../../core/identity.ts'
import type { ReadState } from '../../core/state.ts'
import { noSuchSession, type Fault } from './fault.ts'
import type { McpServer } from './server.ts'

/** A session id is visible ASCII (MCP 2025-11-25, Session management); longer ones are no ids. */
export const SESSION_ID_LENGTH_MAX: number = 256
const VISIBLE_ASCII = /^[\x21-\x7e]+$/

export const isSessionId = (text: string): boolean =>
  text.length <= SESSION_ID_LENGTH_MAX && VISIBLE_ASCII.test(text)

/** Null when the session is the caller's own; for anyone else it does not exist (SECURITY 16). */
export function sessionFault(
  state: Pick<ReadState, 'ownedObject'>,
  server: McpServer,
  caller: InstanceCaller,
  session: string,
): Fault | null {
  if (!isSessionId(session)) return noSuchSession()
  const key = { kind: 'mcp_session', server: server.id, id: session } as const
  const owned = state.ownedObject(caller.tenant, key)
  return owned?.instance === currentActor(caller).instance ? null : noSuchSession()
}

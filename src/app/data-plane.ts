import type { Handle, InboundCall, Reply } from '../core/path.ts'
import { discover, type DiscoveryDeps } from '../gateway/token/discovery.ts'

/** The doors of the agents' port. Control and decision routes are not among them (SECURITY 6). */
export type DataPlaneDoors = {
  readonly mcp: Handle
  readonly llm: Handle
  readonly token: Handle
  readonly discovery: DiscoveryDeps
  readonly noRoute: (call: InboundCall) => Reply
}

/** Finds the door by path: the only routing there is. */
export const createDataPlane =
  (doors: DataPlaneDoors): Handle =>
  async (call) => {
    const { path } = call
    if (path.startsWith('/mcp/')) return doors.mcp(call)
    if (path.startsWith('/llm/') || path.startsWith('/v1/')) return doors.llm(call)
    if (path === '/issue' || path === '/token') return doors.token(call)
    const document = call.method === 'GET' ? discover(doors.discovery, path) : null
    if (document === null) return doors.noRoute(call)
    return {
      status: document.status,
      headers: { 'content-type': 'application/json' },
      body: new TextEncoder().encode(JSON.stringify(document.body)),
    }
  }

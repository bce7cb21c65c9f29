import type { Handle, InboundCall, Reply } from '../core/path.ts'
import { healthReply, serverInfoReply } from '../gateway/cerbos/server-info.ts'

/** The port of enforcement points: the Cerbos API (CONTRACTS 3). */
export const createDecisionPlane =
  (doors: {
    readonly check: Handle
    readonly version: string
    readonly noRoute: (call: InboundCall) => Reply
  }): Handle =>
  async (call) => {
    if (call.path === '/api/check/resources') return doors.check(call)
    if (call.method === 'GET' && call.path === '/_cerbos/health') return healthReply()
    if (call.method === 'GET' && call.path === '/api/server_info')
      return serverInfoReply({ version: doors.version, commit: '', buildDate: '' })
    return doors.noRoute(call)
  }

import type { Credential, Forwarded, InboundCall, Permit } from '../../core/path.ts'
import type { McpAsked } from './asked.ts'
import type { McpClassified } from './classify.ts'
import { forwardEndSession } from './forward-end-session.ts'
import { forwardMessage } from './forward-message.ts'
import type { ForwardDeps } from './forwarding.ts'
import { listReply } from './list-reply.ts'

/** Carries a permitted call out. */
export const createForward =
  (deps: ForwardDeps) =>
  async (
    call: InboundCall,
    classified: McpClassified,
    permit: Permit<McpAsked>,
    credential: Credential,
  ): Promise<Forwarded> => {
    const { plan } = permit.asked
    const forwarding = { call, classified, permit, credential, startedAt: deps.clock.now() }
    switch (plan.kind) {
      case 'list':
        return { reply: listReply(permit, plan), outcome: null }
      case 'send':
        return forwardMessage(deps, forwarding, plan)
      case 'end_session':
        return forwardEndSession(deps, forwarding, plan)
    }
  }

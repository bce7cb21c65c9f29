import type { AgentFacts } from '../core/facts.ts'
import type { AgentId } from '../core/ids.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import type { Transition } from './transition.ts'

/** Stops an agent: every token of every instance of it dies at its next use. Fails with `not_found`. */
export function stopAgent(id: AgentId, status: AgentFacts['status']): Result<Transition, Reason> {
  switch (status) {
    case 'unknown':
      return unknownAgent()
    case 'active':
    case 'stopped':
      return ok({
        record: 'agent.stopped',
        changes: [
          { kind: 'set_agent_status', id, status: 'stopped' },
          { kind: 'bump', epoch: { of: 'agent', id } },
        ],
      })
  }
}

/** Lets new instances of the agent begin. The epoch stays raised: its old tokens stay dead. */
export function startAgent(id: AgentId, status: AgentFacts['status']): Result<Transition, Reason> {
  switch (status) {
    case 'unknown':
      return unknownAgent()
    case 'active':
    case 'stopped':
      return ok({
        record: 'agent.started',
        changes: [{ kind: 'set_agent_status', id, status: 'active' }],
      })
  }
}

const unknownAgent = (): { readonly ok: false; readonly error: Reason } =>
  fail(reason('not_found', 'no such agent'))

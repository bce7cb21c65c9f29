import type { Gather } from '../core/path.ts'
import type { ReadState } from '../core/state.ts'
import { createGather } from '../pip/gather.ts'
import type { Directory } from './directory.ts'

/** Builds the step `gather` over the registry in the store and the directory in the configuration. */
export const wireGather = (directory: Directory, state: ReadState): Gather =>
  createGather({
    epochs: state.epochs,
    sponsorStatus: state.sponsorStatus,
    sponsorGroups: (_tenant, id) => directory.groups(id),
    agent: (_tenant, id) => directory.agent(id),
    agentStatus: state.agentStatus,
    instance: state.instance,
    person: (_tenant, id) => directory.person(id),
    asserted: (asked) =>
      asked.asserted === undefined
        ? null
        : { principal: asked.asserted, auxData: asked.auxData ?? {} },
    // One process: the directory is its configuration and never changes, and `commit` compares each
    // epoch and status again in its own transaction. Revisions begin to count with the fleet.
    revisions: () => ({ data: 0, revocation: 0 }),
  })

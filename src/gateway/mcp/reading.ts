import type { InstanceCaller } from '../../core/identity.ts'
import type { Digest } from '../../core/ids.ts'
import type { InboundCall } from '../../core/path.ts'
import type { Reason } from '../../core/reason.ts'
import { fail, type Result } from '../../core/result.ts'
import type { ReadState } from '../../core/state.ts'
import type { McpAsked } from './asked.ts'
import type { Catalogue, CatalogueNotice } from './catalogue.ts'
import type { McpClassified } from './classify.ts'
import type { Spoken } from './detect-era.ts'
import type { Fault } from './fault.ts'
import type { MayKnow } from './may-know.ts'
import type { Message } from './message.ts'

export type ReadDeps = {
  readonly state: Pick<ReadState, 'ownedObject' | 'pinnedTool'>
  readonly catalogue: Catalogue
  readonly mayKnow: MayKnow
  readonly digest: (text: string) => Digest
  readonly report: (notice: CatalogueNotice) => void
}

/** One message of a known caller, its envelope, era, headers and session checked. */
export type Reading = {
  readonly call: InboundCall
  readonly classified: McpClassified
  readonly caller: InstanceCaller
  readonly message: Message
  readonly spoken: Spoken
  readonly bytes: Uint8Array
  /** `mcp-*` headers for the upstream. */
  readonly headers: Readonly<Record<string, string>>
  readonly base: Omit<McpAsked, 'kind' | 'asks' | 'plan'>
}

/** Notes how the protocol itself refuses, for `refuse`, and gives the reason to the record. */
export function broken(classified: McpClassified, fault: Fault): Result<never, Reason> {
  classified.heard.current = { ...classified.heard.current, fault }
  return fail(fault.reason)
}

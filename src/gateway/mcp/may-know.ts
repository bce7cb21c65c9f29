import type { Caller } from '../../core/identity.ts'
import type { Asked, InboundCall, RequestPath } from '../../core/path.ts'
import type { Ask } from '../../core/question.ts'

/** Whether the caller may know that what it asks for exists: some arguments could be allowed. */
export type MayKnow = (
  call: InboundCall,
  caller: Caller,
  ask: Ask,
  asked: Omit<Asked, 'kind' | 'asks'>,
) => Promise<boolean>

/**
 * Asks the policies as a list would, changing and recording nothing. `read` needs it before it
 * tells what is wrong with a call: to whom a tool is hidden, every call of it is of an unknown tool
 * (SECURITY 17). What cannot be found out is not known.
 */
export const createMayKnow =
  (
    deps: Pick<RequestPath, 'release' | 'gather' | 'visible'> & { readonly environment: string },
  ): MayKnow =>
  async (call, caller, ask, asked) => {
    const release = deps.release()
    const facts = await deps.gather(caller, { ...asked, kind: 'list', asks: [ask] }, release)
    if (!facts.ok) return false
    const context = {
      time: call.receivedAt,
      surface: 'mcp',
      runId: caller.kind === 'instance' ? caller.run : null,
      clientRunId: asked.clientRunId,
      environment: deps.environment,
      clientInfo: asked.clientInfo,
    } as const
    return deps.visible(release, { caller, ask, context }, facts.value)
  }

import { invariant } from '../../core/bug.ts'
import type { Change } from '../../core/change.ts'
import type { Reason } from '../../core/reason.ts'
import { ok, type Result } from '../../core/result.ts'
import { toolAsk, type McpAsked } from './asked.ts'
import type { CatalogueTool } from './catalogue.ts'
import { invalidParams, upstreamFailed } from './fault.ts'
import { broken, type ReadDeps, type Reading } from './reading.ts'

/**
 * `tools/list`: one ask for each tool whose definition is the accepted one. A definition seen for
 * the first time is pinned here, because from now on a model may have read it (SECURITY 14).
 */
export async function readToolList(
  deps: ReadDeps,
  { classified, caller, message, spoken, base }: Reading,
): Promise<Result<McpAsked, Reason>> {
  const { server } = classified
  invariant(message.id !== null, 'a list is a request')
  if (message.params['cursor'] !== undefined) {
    return broken(classified, invalidParams('`cursor` is not one of ours: there is one page'))
  }
  const catalogue = await deps.catalogue(server)
  if (!catalogue.ok) return broken(classified, upstreamFailed(catalogue.error))
  const tools: CatalogueTool[] = []
  const changes: Change[] = []
  for (const tool of catalogue.value.values()) {
    const pinned = deps.state.pinnedTool(caller.tenant, server.id, tool.name)
    if (pinned !== null && pinned !== tool.digest) {
      deps.report({ kind: 'definition_changed', server: server.id, tool: tool.name })
      continue
    }
    if (pinned === null) {
      changes.push({ kind: 'pin_tool', server: server.id, tool: tool.name, digest: tool.digest })
    }
    tools.push(tool)
  }
  return ok({
    ...base,
    kind: 'list',
    asks: tools.map((tool) => toolAsk(server, tool, null)),
    changes,
    plan: { kind: 'list', id: message.id, era: spoken.era, tools },
  })
}

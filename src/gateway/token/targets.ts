import type { Audience } from '../../core/ids.ts'
import type { Target } from './plan-token.ts'

/**
 * Everything that tokens can be asked for, by name and by audience (CONTRACTS 3): one URL under
 * `public_url` for each tool server and each model provider. A server and a provider of one name
 * differ by audience; by name the server is meant.
 */
export function tokenTargets(of: {
  readonly publicUrl: string
  readonly servers: readonly string[]
  readonly providers: readonly string[]
}): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>()
  const add = (tool: string, place: 'mcp' | 'llm'): void => {
    const audience = `${of.publicUrl}/${place}/${tool}` as Audience
    const target = { tool, audience }
    if (!targets.has(tool)) targets.set(tool, target)
    targets.set(audience, target)
  }
  for (const server of of.servers) add(server, 'mcp')
  for (const provider of of.providers) add(provider, 'llm')
  return targets
}

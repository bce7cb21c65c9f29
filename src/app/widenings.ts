import type { Config } from './config/config.ts'

/** Everything in the configuration that gives more than the defaults do, for one screen at start (SECURITY 29). */
export function widenings(config: Config): readonly string[] {
  const found: string[] = []
  if (config.mode === 'development') {
    const prepared = config.agents.find((agent) => agent.development)
    found.push(
      prepared === undefined
        ? 'development mode: Reeve itself signs people in'
        : `development mode: whoever reaches this machine's ports is agent \`${prepared.id}\`, and Reeve itself signs people in`,
    )
  }
  if (config.callers.some((caller) => caller.kind === 'local'))
    found.push('local callers: any process on this machine may ask the decision API')
  if (!config.tokens.requireSponsor)
    found.push('require_sponsor is off: a token request need not name the sponsor')
  for (const server of config.servers)
    for (const tool of server.openArguments)
      found.push(
        `open arguments: \`${server.id}/${tool}\` accepts arguments that its schema does not name`,
      )
  if (config.behindTlsProxy) found.push('behind a TLS proxy: this process serves plain HTTP')
  return found
}

/** What is missing, so that everything is denied although Reeve runs. */
export function emptiness(config: Config): readonly string[] {
  const found: string[] = []
  if (config.policyFiles.length === 0) found.push('no policies: everything is denied')
  if (config.listen.data === null) return found
  if (config.agents.length === 0) found.push('no agents: nobody can be issued a token')
  if (config.mode === 'production' && config.issuers.length === 0)
    found.push('no issuers: no person can sign in, so delegated agents get no token')
  return found
}

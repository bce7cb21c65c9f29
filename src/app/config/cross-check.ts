import { DEVELOPMENT_ISSUER, type Config, type ConfigProblem } from './config.ts'

/** Where a mistake stands in the file. */
export type Located = {
  readonly at: (
    path: readonly PropertyKey[],
    message: string,
    hint?: string | null,
  ) => ConfigProblem
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

export const isLoopback = (host: string): boolean =>
  LOOPBACK.has(host) || /^127\.\d+\.\d+\.\d+$/.test(host)

/** What no single field can tell: references, names that policies would fold, and what a mode forbids. */
export function crossCheck(config: Config, where: Located): readonly ConfigProblem[] {
  return [
    ...listeners(config, where),
    ...development(config, where),
    ...names(
      config.servers.map((server) => server.id),
      ['mcp', 'servers'],
      where,
    ),
    ...names(
      config.providers.map((provider) => provider.id),
      ['providers'],
      where,
    ),
    ...names(
      config.agents.map((agent) => agent.id),
      ['agents'],
      where,
    ),
    ...duplicates(
      config.people.map((person) => person.id),
      ['identity', 'people'],
      where,
    ),
    ...duplicates(
      config.models.map((model) => model.id),
      ['models'],
      where,
    ),
    ...duplicates(
      config.callers.map((caller) => (caller.kind === 'local' ? null : caller.id)),
      ['callers'],
      where,
    ),
    ...duplicates(
      config.issuers.map((one) => one.issuer),
      ['identity', 'issuers'],
      where,
      'issuer',
    ),
    ...duplicates(
      config.issuers.map((one) => one.alias),
      ['identity', 'issuers'],
      where,
      'alias',
    ),
    ...references(config, where),
    ...sponsors(config, where),
    ...tokens(config, where),
  ]
}

function* listeners(config: Config, where: Located): Iterable<ConfigProblem> {
  const taken = new Map<string, string>()
  for (const name of ['data', 'control', 'pdp'] as const) {
    const address = config.listen[name]
    if (address === null) continue
    const { host, port } = address
    const before = port === 0 ? undefined : taken.get(`${host}:${port}`)
    if (before !== undefined)
      yield where.at(
        ['listen', name],
        `\`listen.${before}\` has the same address`,
        'give each a port of its own',
      )
    taken.set(`${host}:${port}`, name)
    if (port > 65_535)
      yield where.at(['listen', name], `port ${port} does not exist`, 'use one up to 65535')
    if (isLoopback(host)) continue
    if (config.mode === 'development')
      yield where.at(
        ['listen', name],
        '`mode: development` listens on loopback only',
        'use 127.0.0.1, or `mode: production`',
      )
    else if (!config.behindTlsProxy)
      yield where.at(
        ['listen', name],
        `listening on \`${host}\` without TLS is refused`,
        'put a TLS proxy in front and set `behind_tls_proxy: true`, or listen on 127.0.0.1',
      )
  }
  if (
    config.callers.some((caller) => caller.kind === 'local') &&
    !isLoopback(config.listen.pdp.host)
  )
    yield where.at(
      ['callers'],
      '`local: true` needs `listen.pdp` on loopback',
      'give each caller an id and a credential',
    )
}

function* development(config: Config, where: Located): Iterable<ConfigProblem> {
  if (config.mode === 'development') {
    if (config.behindTlsProxy)
      yield where.at(
        ['behind_tls_proxy'],
        '`mode: development` refuses to run behind a proxy',
        'remove it, or use `mode: production`',
      )
    if (config.issuers.length > 0)
      yield where.at(
        ['identity', 'issuers'],
        '`mode: development` has an issuer of its own',
        'remove `identity.issuers`, or use `mode: production`',
      )
  }
  const prepared = config.agents.flatMap((agent, i) => (agent.development ? [i] : []))
  const [first, second] = prepared
  if (first !== undefined && config.mode !== 'development')
    yield where.at(
      ['agents', first, 'development'],
      '`development: true` is for `mode: development` only',
      'remove it, and give the agent keys of its own in `jwks_file`',
    )
  if (second !== undefined)
    yield where.at(
      ['agents', second, 'development'],
      'only one agent can be the prepared one',
      'remove `development: true` from the others',
    )
}

/** Two names that differ only in `-` and `_` are one name in policy keys (CONTRACTS 1). */
function* names(
  all: readonly string[],
  path: readonly PropertyKey[],
  where: Located,
): Iterable<ConfigProblem> {
  const seen = new Map<string, string>()
  for (const [i, name] of all.entries()) {
    const folded = name.replaceAll('-', '_')
    const before = seen.get(folded)
    if (before !== undefined)
      yield where.at(
        [...path, i, 'id'],
        before === name
          ? `\`${name}\` stands here twice`
          : `\`${name}\` and \`${before}\` are one name in policies`,
        'give each a name of its own',
      )
    seen.set(folded, name)
  }
}

function* duplicates(
  all: readonly (string | null)[],
  path: readonly PropertyKey[],
  where: Located,
  key: string = 'id',
): Iterable<ConfigProblem> {
  const seen = new Set<string>()
  for (const [i, id] of all.entries()) {
    if (id === null) continue
    if (seen.has(id))
      yield where.at([...path, i, key], `\`${id}\` stands here twice`, 'keep one of the two')
    seen.add(id)
  }
}

function* references(config: Config, where: Located): Iterable<ConfigProblem> {
  const providers = new Set(config.providers.map((provider) => provider.id))
  for (const [i, model] of config.models.entries())
    if (!providers.has(model.provider))
      yield where.at(
        ['models', i, 'id'],
        `there is no provider \`${model.provider}\``,
        'add it to `providers`',
      )
  const both = config.providers.find((provider) =>
    config.servers.some((server) => server.id === provider.id),
  )
  if (both !== undefined)
    yield where.at(
      ['providers'],
      `\`${both.id}\` is both a provider and an MCP server`,
      'a tool of a token request must name one of them',
    )
  if (config.providers.filter((provider) => provider.default).length > 1)
    yield where.at(
      ['providers'],
      'only one provider can be the default',
      'remove `default: true` from the others',
    )
  if (config.issuers.filter((issuer) => issuer.primary).length > 1)
    yield where.at(
      ['identity', 'issuers'],
      'only one issuer can be the primary one',
      'remove `primary: true` from the others',
    )
}

/** A sponsor is a person whom somebody knows (SECURITY 1). */
function* sponsors(config: Config, where: Located): Iterable<ConfigProblem> {
  const people = new Set(config.people.map(({ id }) => id))
  for (const [i, { sponsor }] of config.agents.entries())
    if (!people.has(sponsor))
      yield where.at(
        ['agents', i, 'sponsor'],
        `there is no person \`${sponsor}\``,
        'add them to `identity.people`',
      )
}

function* tokens(config: Config, where: Located): Iterable<ConfigProblem> {
  const { defaultTtlSeconds, maxTtlSeconds, issuer } = config.tokens
  if (defaultTtlSeconds > maxTtlSeconds)
    yield where.at(
      ['tokens'],
      '`default_ttl_seconds` is larger than `max_ttl_seconds`',
      'lower it, or raise the other up to 900',
    )
  if (config.mode === 'development' && issuer !== DEVELOPMENT_ISSUER)
    yield where.at(
      ['tokens', 'issuer'],
      `in \`mode: development\` the issuer is \`${DEVELOPMENT_ISSUER}\``,
      'remove `issuer`, or use `mode: production`',
    )
  if (config.mode === 'production' && issuer === DEVELOPMENT_ISSUER)
    yield where.at(
      ['tokens', 'issuer'],
      `\`${DEVELOPMENT_ISSUER}\` is the issuer of \`mode: development\``,
      'name your own, or remove `issuer` for `public_url`',
    )
}

/** What a room may import. ARCHITECTURE.md explains the table; this is the one that is enforced. */
export type Room = {
  readonly rooms: readonly string[]
  /** Rooms of which only types may be imported: the ports that this room implements. */
  readonly types: readonly string[]
  readonly npm: readonly string[]
  /** `node:` modules, without the prefix. */
  readonly node: readonly string[] | 'all'
}

const PURE = { rooms: ['core'], types: [], npm: [], node: [] } as const

/** All rooms of the plan; those that do not exist yet are checked from their first file on. */
export const ROOMS: Readonly<Record<string, Room>> = {
  core: { ...PURE, rooms: [] },
  cel: { ...PURE, npm: ['re2js'] },
  policy: { ...PURE, rooms: ['core', 'cel'], npm: ['yaml', 'ajv', 'ajv-formats'] },
  grant: PURE,
  pdp: { ...PURE, rooms: ['core', 'cel', 'policy', 'grant'] },
  identity: { ...PURE, npm: ['jose'], node: ['crypto'] },
  pip: PURE,
  registry: { ...PURE, rooms: ['core', 'grant'] },
  sts: { ...PURE, rooms: ['core', 'grant'], npm: ['jose'], node: ['crypto'] },
  audit: { ...PURE, node: ['crypto'] },
  rollout: PURE,
  gateway: {
    ...PURE,
    // re2js: patterns in tool schemas come from servers that we do not trust.
    npm: ['undici', 'eventsource-parser', 'ajv', 'ajv-formats', 're2js'],
    node: ['crypto', 'util'],
  },
  store: {
    ...PURE,
    // It keeps what audit seals and hashes: one transaction makes both true (docs/decisions/0006).
    rooms: ['core', 'audit'],
    types: ['identity', 'pip', 'registry', 'sts', 'rollout', 'gateway'],
    // The only room that keeps files: the database, its lock and the keys beside it.
    node: ['sqlite', 'worker_threads', 'crypto', 'fs', 'path'],
  },
  admin: { ...PURE, rooms: ['core', 'registry', 'audit', 'rollout'] },
  sdk: { ...PURE, rooms: ['core', 'identity'] },
  cli: {
    // The outermost room: a command starts the composition root, never the reverse (docs/decisions/0006).
    rooms: allBut('cli'),
    types: [],
    npm: ['commander', 'picocolors', 'yaml', 'undici'],
    node: 'all',
  },
  app: {
    rooms: allBut('app', 'cli'),
    types: [],
    npm: ['fastify', 'undici', 'jose', 'yaml'],
    node: 'all',
  },
}

/** zod stands only where the outside is parsed (STYLE 9), whatever the room. */
export const ZOD_FILES: RegExp =
  /(?:^|\/)(?:(?:[a-z0-9-]+-)?wire|config|(?:[a-z0-9-]+-)?(?:config|schema))\.ts$/

/** The only rooms that touch time, chance and the world (STYLE 7). */
export const WORLDLY_ROOMS: readonly string[] = ['app', 'cli']

/**
 * Who checks the ledger must not rest on who wrote it, and runs in a browser: nothing that the
 * verifier imports, at any distance, is the writer or a `node:` module.
 */
export const VERIFIER: RegExp = /^src\/audit\/verify/
export const WRITER: RegExp = /^src\/audit\/(?:append|seal-record|draft-fields)\.ts$|^src\/store\//

/** The room of a file in `src/`; null for what is outside. */
export function roomOf(path: string): string | null {
  const [top, room, ...rest] = path.split('/')
  if (top !== 'src' || room === undefined || rest.length === 0) return null
  return room
}

function allBut(...left: readonly string[]): readonly string[] {
  const all =
    'core cel policy grant pdp identity pip registry sts audit rollout gateway store admin sdk cli app'
  return all.split(' ').filter((room) => !left.includes(room))
}

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
  // The writer may use the verifier's arithmetic; the verifier knows nothing of the writer.
  audit: { ...PURE, rooms: ['core', 'audit/verify'], node: ['crypto'] },
  'audit/verify': PURE,
  rollout: PURE,
  gateway: {
    ...PURE,
    npm: ['undici', 'eventsource-parser', 'ajv', 'ajv-formats'],
    node: ['crypto'],
  },
  store: {
    ...PURE,
    types: ['identity', 'pip', 'registry', 'sts', 'audit', 'rollout', 'gateway'],
    // The only room that keeps files: the database, its lock and the keys beside it.
    node: ['sqlite', 'worker_threads', 'crypto', 'fs', 'path'],
  },
  admin: { ...PURE, rooms: ['core', 'registry', 'audit', 'audit/verify', 'rollout'] },
  sdk: { ...PURE, rooms: ['core', 'identity'] },
  cli: {
    rooms: allBut('cli', 'app'),
    types: [],
    npm: ['commander', 'picocolors', 'yaml', 'undici'],
    node: 'all',
  },
  app: {
    rooms: allBut('app'),
    types: [],
    npm: ['fastify', 'undici', 'jose', 'yaml'],
    node: 'all',
  },
}

/** Files that may import what their room may not, each with its reason. */
export const EXCEPTIONS: readonly {
  readonly path: string
  readonly imports: string
  readonly reason: string
}[] = []

/** zod stands only where the outside is parsed (STYLE 9), whatever the room. */
export const ZOD_FILES: RegExp =
  /(?:^|\/)(?:(?:[a-z0-9-]+-)?wire|config|(?:[a-z0-9-]+-)?(?:config|schema))\.ts$/

/** The only rooms that touch time, chance and the world (STYLE 7). */
export const WORLDLY_ROOMS: readonly string[] = ['app', 'cli']

/** The room of a file in `src/`; null for what is outside. */
export function roomOf(path: string): string | null {
  const [top, room, ...rest] = path.split('/')
  if (top !== 'src' || room === undefined || rest.length === 0) return null
  return room === 'audit' && rest[0] === 'verify' ? 'audit/verify' : room
}

function allBut(...left: readonly string[]): readonly string[] {
  const all =
    'core cel policy grant pdp identity pip registry sts audit audit/verify rollout gateway store admin sdk cli app'
  return all.split(' ').filter((room) => !left.includes(room))
}

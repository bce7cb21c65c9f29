import { z } from 'zod'
import { checkShape, type Checked } from './config-schema.ts'

/** A configuration in the form that Cerbos reads, as far as it is honoured here. */
export type RawCerbosConfig = {
  server: {
    httpListenAddr: string
    requestLimits: { maxResourcesPerRequest: number; maxActionsPerResource: number }
  }
  storage: { driver: 'disk'; disk: { directory: string; watchForChanges: boolean } }
  engine: {
    globals: Record<string, unknown>
    defaultPolicyVersion: string
    defaultScope: string
    lenientScopeSearch: boolean
    strictEvaluation: boolean
  }
  schema: { enforcement: 'none' | 'warn' | 'reject' }
  auxData: { jwt: { acceptableTimeSkew: string; keySets: RawKeySet[] } }
  audit: {
    enabled?: boolean | undefined
    accessLogsEnabled?: boolean | undefined
    decisionLogsEnabled?: boolean | undefined
    local: { storagePath?: string | undefined }
  }
}

export type RawKeySet = { id: string; local: { file: string } | { data: string } }

/** A key that means something in Cerbos and that we cannot honour: ignoring it would surprise. */
const refused = (why: string): z.ZodOptional<z.ZodNever> => z.never({ error: why }).optional()

/** `${NAME:false}` arrives as text. */
const flag = z.union(
  [z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')],
  {
    error: 'must be true or false',
  },
)
const onlyFalse = z
  .literal([false, 'false'], { error: 'is not offered here: only `false` is accepted' })
  .optional()
const count = z.coerce.number().int().min(1).max(500).default(50)

const server = z.strictObject({
  httpListenAddr: z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):\d{1,5}$/, 'must be HOST:PORT or :PORT')
    .default(':3592'),
  requestLimits: z
    .strictObject({ maxResourcesPerRequest: count, maxActionsPerResource: count })
    .prefault({}),
  cors: z
    .strictObject({ disabled: z.literal(true, { error: 'requests from web pages are refused' }) })
    .optional(),
  adminAPI: z.looseObject({ enabled: onlyFalse }).optional(),
  metricsEnabled: onlyFalse,
  logRequestPayloads: onlyFalse,
  playgroundEnabled: onlyFalse,
  apiExplorerEnabled: onlyFalse,
  grpcListenAddr: refused('gRPC is not served: remove it, and let clients use HTTP'),
  udsFileMode: refused('sockets of this machine are not served'),
  tls: refused('TLS is not served on loopback'),
  advanced: refused('limits of connections are fixed here'),
})

const storage = z.strictObject({
  driver: z.literal('disk', { error: 'must be `disk`: policies are read from a directory' }),
  disk: z.strictObject({ directory: z.string().min(1), watchForChanges: flag.default(false) }),
})

const engine = z.strictObject({
  globals: z.record(z.string(), z.json()).default({}),
  defaultPolicyVersion: z.string().regex(/^\w+$/, 'must be a policy version').default('default'),
  defaultScope: z
    .string()
    .regex(/^([0-9A-Za-z][\w-]*(\.\w[\w-]*)*)?$/, 'must be a scope')
    .default(''),
  lenientScopeSearch: flag.default(false),
  strictEvaluation: flag.default(false),
  policyLoaderTimeout: refused('policies are loaded whole, however long it takes'),
  celErrorLogLevel: refused('errors of conditions stand in the ledger, not in a log'),
})

const keySet = z.strictObject({
  id: z.string().min(1).max(256),
  local: z.union(
    [
      z.strictObject({ file: z.string().min(1), pem: onlyFalse }),
      z.strictObject({ data: z.string().min(1), pem: onlyFalse }),
    ],
    { error: 'must be {file: PATH} or {data: BASE64}, a JSON Web Key Set' },
  ),
  remote: refused('key sets are read from files: download it, and name it as `local.file`'),
  insecure: refused('a token names its algorithm and its key'),
})

const jwt = z.strictObject({
  keySets: z.array(keySet).max(32).default([]),
  acceptableTimeSkew: z
    .string()
    .regex(/^\d{1,4}(s|m)$/, 'must be seconds or minutes, such as `30s`')
    .default('0s'),
  disableVerification: z
    .literal([false, 'false'], { error: 'a token that nobody verified is no evidence' })
    .optional(),
  cacheSize: refused('verified tokens are not cached'),
})

const audit = z.strictObject({
  enabled: flag.optional(),
  accessLogsEnabled: flag.optional(),
  decisionLogsEnabled: flag.optional(),
  backend: z.literal('local', { error: 'must be `local`: records go to the ledger' }).optional(),
  local: z
    .strictObject({
      storagePath: z.string().min(1).optional(),
      retentionPeriod: refused('records of the ledger are kept'),
      advanced: refused('the ledger has no such settings'),
    })
    .prefault({}),
  includeMetadataKeys: refused('headers of requests are never recorded'),
  excludeMetadataKeys: refused('headers of requests are never recorded'),
  decisionLogFilters: refused('every decision is recorded'),
})

const config = z.strictObject({
  server: server.prefault({}),
  storage: storage.prefault({ driver: 'disk', disk: { directory: 'policies' } }),
  engine: engine.prefault({}),
  schema: z
    .strictObject({
      enforcement: z.enum(['none', 'warn', 'reject']).default('none'),
      cacheSize: refused('all schemas are kept'),
    })
    .prefault({}),
  auxData: z.strictObject({ jwt: jwt.prefault({}) }).prefault({}),
  audit: audit.prefault({}),
  telemetry: z
    .strictObject({
      disabled: flag.optional(),
      reportInterval: z.string().optional(),
      stateDir: z.string().optional(),
    })
    .optional(),
})

/** Keys by which a file is one of Cerbos': `reeve.yaml` has none of them. */
export const CERBOS_KEYS: readonly string[] = [
  'server',
  'storage',
  'engine',
  'schema',
  'auxData',
  'telemetry',
  'compile',
  'hub',
]

/** Whether the data of a configuration file is in Cerbos' form. */
export const isCerbosStyle = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && CERBOS_KEYS.some((key) => Object.hasOwn(data, key))

/** Checks a configuration in Cerbos' form: closed at every level, every default filled in. */
export const checkCerbosConfig = (data: unknown): Checked<RawCerbosConfig> =>
  checkShape(config.safeParse(data))

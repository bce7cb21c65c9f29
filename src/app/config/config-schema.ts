import { z } from 'zod'
import type { RawConfig, RawTokens } from './raw-config.ts'

/** Names of agents, servers and providers. */
const name = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must match [a-z][a-z0-9_-]*')
const personId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}(?::[A-Za-z0-9._@+-]{1,128})?$/, 'must be an ASCII id')
const role = z.string().regex(/^[A-Za-z0-9][\w.:-]{0,127}$/, 'must be a role name')
const attr = z.record(z.string(), z.json()).default({})
/** A password in a URL would stand in this file, in messages and in records. */
const url = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine((text) => !/^https?:\/\/[^/?#]*@/i.test(text), 'must not hold a user or a password')
/** Audiences are made by adding paths to it. */
const publicUrl = url.refine((text) => !/[?#]/.test(text), 'must end with its path')

/** A secret is a reference, never a value: this file may be shared. */
const secret = z.union(
  [z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })],
  {
    error: 'must be {env: NAME} or {file: PATH}; a secret never stands in the file itself',
  },
)

const credential = z
  .union(
    [
      z.strictObject({ kind: z.literal('call_token') }),
      z.strictObject({ kind: z.literal('none') }),
      z.strictObject({
        kind: z.literal('configured_header'),
        name: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be a header name'),
        prefix: z.string().max(32).default(''),
        value: secret,
      }),
    ],
    { error: 'must be {kind: call_token}, {kind: none} or {kind: configured_header, name, value}' },
  )
  .default({ kind: 'none' })

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'must be HOST:PORT')

/** Keys and credentials stand beside the database, so its folder is what the path chooses. */
const database = z.string().regex(/(?:^|\/)reeve\.db$/, 'must end in reeve.db')

const tokens = z.strictObject({
  issuer: z.string().min(1).max(512).optional(),
  default_ttl_seconds: z.int().min(1).max(900).default(300),
  max_ttl_seconds: z.int().min(1).max(900).default(900),
  require_sponsor: z.boolean().default(true),
  supported_tools: z.array(name).max(1000).optional(),
})

/** Prefixes of principals that are no people (SECURITY 3). */
const RESERVED = new Set(['agent', 'caller', 'service'])

const issuer = z.strictObject({
  issuer: z.string().min(1).max(512),
  alias: name.refine(
    (alias) => !RESERVED.has(alias),
    'is reserved for principals that are no people',
  ),
  primary: z.boolean().default(false),
  algorithms: z.array(z.enum(['ES256', 'RS256', 'EdDSA'])).min(1),
  audience: z.string().min(1).max(512),
  jwks_file: z.string(),
})

const person = z.strictObject({
  id: personId,
  roles: z.array(role).default([]),
  groups: z.array(role).default([]),
  attr,
})

const agent = z.strictObject({
  id: name,
  sponsor: personId,
  acts: z.enum(['delegated', 'autonomous']).default('delegated'),
  roles: z.array(role).default([]),
  attr,
  scope: z.string().max(256).default(''),
  jwks_file: z.string().optional(),
  development: z.boolean().default(false),
})

const server = z.strictObject({
  id: name,
  url,
  credential,
  open_arguments: z.array(z.string()).default([]),
})

const provider = z.strictObject({
  id: name,
  dialect: z.enum(['openai', 'anthropic']),
  url,
  credential,
  default: z.boolean().default(false),
})

const model = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_-]{0,62}\/[^\s/][^\s]{0,127}$/, 'must be <provider>/<model>'),
  tier: z.string().max(64).optional(),
  attr,
})

const rate = z.int().min(1).max(1_000_000)

const caller = z.union(
  [z.strictObject({ local: z.literal(true) }), z.strictObject({ id: name, credential: secret })],
  { error: 'must be {local: true} or {id, credential}' },
)

const config = z.strictObject({
  $schema: z.string().optional(),
  mode: z.enum(['development', 'production']).default('production'),
  public_url: publicUrl.default('http://localhost:8080'),
  behind_tls_proxy: z.boolean().default(false),
  listen: z
    .strictObject({
      data: address.default('127.0.0.1:8080'),
      control: address.default('127.0.0.1:8081'),
      pdp: address.default('127.0.0.1:3592'),
    })
    .prefault({}),
  callers: z.array(caller).max(1000).default([]),
  store: z.strictObject({ sqlite: z.strictObject({ path: database }) }).optional(),
  identity: z
    .strictObject({
      issuers: z.array(issuer).max(32).default([]),
      people: z.array(person).max(10_000).default([]),
    })
    .prefault({}),
  tokens: tokens.optional(),
  policies: z.strictObject({ dir: z.string() }).optional(),
  providers: z.array(provider).max(64).default([]),
  models: z.array(model).max(1000).default([]),
  mcp: z.strictObject({ servers: z.array(server).max(1000).default([]) }).prefault({}),
  agents: z.array(agent).max(10_000).default([]),
  limits: z
    .strictObject({
      decision_deadline_ms: z.int().min(1).max(10_000).default(200),
      calls_per_second: z
        .strictObject({
          instance: rate.default(1000),
          sponsor: rate.default(10_000),
          tenant: rate.default(100_000),
        })
        .prefault({}),
    })
    .prefault({}),
})

/** What is wrong and where in the data; the caller knows where that stands in the file. */
export type SchemaProblem = {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly hint?: string
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly SchemaProblem[] }

/** Checks `reeve.yaml`: closed at every level, every default filled in. */
export const checkConfig = (data: unknown): Checked<RawConfig> =>
  checkShape(config.safeParse(data ?? {}))

/** Checks `token-service-config.yml`. */
export const checkTokens = (data: unknown): Checked<RawTokens> =>
  checkShape(tokens.safeParse(data ?? {}))

/** JSON Schemas of both files, for editors; written to `schema/` and compared in the tests. */
export const configJsonSchemas = (): Readonly<Record<string, unknown>> => ({
  'reeve.schema.json': z.toJSONSchema(config, { io: 'input' }),
  'token-service-config.schema.json': z.toJSONSchema(tokens, { io: 'input' }),
})

/** Turns what the schema library found into problems of ours. */
export function checkShape<T>(parsed: z.ZodSafeParseResult<T>): Checked<T> {
  if (parsed.success) return { ok: true, value: parsed.data }
  return { ok: false, problems: parsed.error.issues.flatMap(problemsOf) }
}

function problemsOf(issue: z.core.$ZodIssue): readonly SchemaProblem[] {
  if (issue.code !== 'unrecognized_keys')
    return [{ path: issue.path, message: lowerFirst(issue.message) }]
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    message: `unknown key \`${key}\``,
    hint: 'remove it, or correct its name; the schema beside this file lists what there is',
  }))
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

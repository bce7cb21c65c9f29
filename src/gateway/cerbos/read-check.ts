import type { Principal } from '../../core/identity.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Ask, Resource } from '../../core/question.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'

/** A request to `/api/check/resources`, in the order in which it was sent. */
export type CheckRequest = {
  readonly requestId: string
  /** The principal as sent: data to decide about, not who the caller is (SECURITY 5). */
  readonly principal: Principal
  readonly entries: readonly CheckEntry[]
}

/** One resource and what is asked about it. */
export type CheckEntry = {
  /** The resource's names as they are echoed in the answer. */
  readonly echo: ResourceEcho
  readonly asks: readonly Ask[]
}

/** Kind and id, and version and scope where they were sent. */
export type ResourceEcho = {
  readonly id: string
  readonly kind: string
  readonly policyVersion?: string
  readonly scope?: string
}

/** Resources in one request, and actions on one of them; the defaults of the API that we serve. */
export const CHECK_RESOURCES_MAX: number = 50
export const CHECK_ACTIONS_MAX: number = 50

/** Roles of one principal; more is a mistake of the caller, and each costs time in every decision. */
export const CHECK_ROLES_MAX: number = 100

/** The policy version that applies when none is sent. */
const DEFAULT_VERSION = 'default'

/**
 * Understands a CheckResources request (facts: Cerbos API). Every field has the type that the API
 * gives it, `null` and absence mean the default, and an unknown field is refused. Fails with
 * `malformed`, naming the field by its path, and with `unsupported` for features that this server
 * does not have.
 */
export function readCheck(value: Json): Result<CheckRequest, Reason> {
  if (!isJsonObject(value)) return malformed('the body must be an object')
  const problem = unsupportedIn(value) ?? unknownIn(value, REQUEST_FIELDS, '')
  if (problem !== null) return fail(problem)
  const requestId = text(value['requestId'], 'requestId')
  if (!requestId.ok) return requestId
  const includeMeta = value['includeMeta'] ?? false
  if (typeof includeMeta !== 'boolean') return malformed('`includeMeta` must be true or false')
  const principal = readPrincipal(value['principal'])
  if (!principal.ok) return principal
  const entries = readEntries(value['resources'])
  return entries.ok
    ? ok({ requestId: requestId.value, principal: principal.value, entries: entries.value })
    : entries
}

const REQUEST_FIELDS: ReadonlySet<string> = new Set([
  'requestId',
  'principal',
  'resources',
  'includeMeta',
])
const PRINCIPAL_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'roles',
  'attr',
  'policyVersion',
  'scope',
])
const ENTRY_FIELDS: ReadonlySet<string> = new Set(['actions', 'resource'])
const RESOURCE_FIELDS: ReadonlySet<string> = new Set([
  'kind',
  'id',
  'attr',
  'policyVersion',
  'scope',
])

/** Ignoring these would change decisions or lose evidence, so they are refused by name. */
function unsupportedIn(body: JsonObject): Reason | null {
  for (const field of ['auxData', 'requestContext']) {
    if ((body[field] ?? null) !== null)
      return reason('unsupported', `\`${field}\` is not supported by this server`)
  }
  return null
}

function unknownIn(object: JsonObject, known: ReadonlySet<string>, path: string): Reason | null {
  for (const field in object) {
    if (known.has(field) || (path === '' && (field === 'auxData' || field === 'requestContext')))
      continue
    return reason('malformed', `${at(path, named(field))} is not a field of this request`)
  }
  return null
}

function readPrincipal(value: Json | undefined): Result<Principal, Reason> {
  if (!isJsonObject(value)) return malformed('`principal` must be an object')
  const unknown = unknownIn(value, PRINCIPAL_FIELDS, 'principal')
  if (unknown !== null) return fail(unknown)
  const id = required(value['id'], 'principal.id')
  if (!id.ok) return id
  const roles = names(value['roles'], 'principal.roles', CHECK_ROLES_MAX)
  if (!roles.ok) return roles
  const common = readCommon(value, 'principal')
  if (!common.ok) return common
  return ok({ id: id.value, roles: roles.value, ...common.value })
}

function readEntries(value: Json | undefined): Result<readonly CheckEntry[], Reason> {
  const problem = lengthProblem(value, 'resources', CHECK_RESOURCES_MAX)
  if (problem !== null) return fail(problem)
  const entries: CheckEntry[] = []
  for (const [i, item] of (value as readonly Json[]).entries()) {
    const entry = readEntry(item, `resources[${i}]`)
    if (!entry.ok) return entry
    entries.push(entry.value)
  }
  return ok(entries)
}

function readEntry(value: Json, path: string): Result<CheckEntry, Reason> {
  if (!isJsonObject(value)) return malformed(`\`${path}\` must be an object`)
  const unknown = unknownIn(value, ENTRY_FIELDS, path)
  if (unknown !== null) return fail(unknown)
  const actions = names(value['actions'], `${path}.actions`, CHECK_ACTIONS_MAX)
  if (!actions.ok) return actions
  const resource = readResource(value['resource'], `${path}.resource`)
  if (!resource.ok) return resource
  const asks = actions.value.map((action): Ask => ({ action, resource: resource.value }))
  return ok({ echo: echoOf(value['resource'], resource.value), asks })
}

function readResource(value: Json | undefined, path: string): Result<Resource, Reason> {
  if (!isJsonObject(value)) return malformed(`\`${path}\` must be an object`)
  const unknown = unknownIn(value, RESOURCE_FIELDS, path)
  if (unknown !== null) return fail(unknown)
  const kind = required(value['kind'], `${path}.kind`)
  if (!kind.ok) return kind
  const id = required(value['id'], `${path}.id`)
  if (!id.ok) return id
  const common = readCommon(value, path)
  if (!common.ok) return common
  return ok({ kind: kind.value, id: id.value, ...common.value })
}

/** Default values are left out of the answer, as the API does. */
function echoOf(
  sent: Json | undefined,
  { id, kind, scope, policyVersion }: Resource,
): ResourceEcho {
  const versionSent = isJsonObject(sent) && (sent['policyVersion'] ?? '') !== ''
  return {
    id,
    kind,
    ...(versionSent ? { policyVersion } : {}),
    ...(scope === '' ? {} : { scope }),
  }
}

type Common = Pick<Principal, 'attr' | 'policyVersion' | 'scope'>

const NO_ATTR: JsonObject = Object.freeze(Object.create(null) as JsonObject)
const VERSION_PATTERN = /^\w*$/
const SCOPE_PATTERN = /^(?:[0-9A-Za-z][\w-]*(?:\.[\w-]*)*)?$/

function readCommon(object: JsonObject, path: string): Result<Common, Reason> {
  const attr = object['attr'] ?? NO_ATTR
  if (!isJsonObject(attr)) return malformed(`\`${path}.attr\` must be an object`)
  const version = text(object['policyVersion'], `${path}.policyVersion`)
  if (!version.ok) return version
  if (!VERSION_PATTERN.test(version.value))
    return malformed(`\`${path}.policyVersion\` may hold letters, digits and \`_\` only`)
  const scope = text(object['scope'], `${path}.scope`)
  if (!scope.ok) return scope
  if (!SCOPE_PATTERN.test(scope.value))
    return malformed(`\`${path}.scope\` must be names joined by dots`)
  return ok({
    attr,
    policyVersion: version.value === '' ? DEFAULT_VERSION : version.value,
    scope: scope.value,
  })
}

function text(value: Json | undefined, path: string): Result<string, Reason> {
  const given = value ?? ''
  return typeof given === 'string' ? ok(given) : malformed(`\`${path}\` must be a string`)
}

function required(value: Json | undefined, path: string): Result<string, Reason> {
  return typeof value === 'string' && value !== ''
    ? ok(value)
    : malformed(`\`${path}\` must be a string that is not empty`)
}

function names(value: Json | undefined, path: string, max: number): Result<string[], Reason> {
  const problem = lengthProblem(value, path, max)
  if (problem !== null) return fail(problem)
  const seen: string[] = []
  for (const name of value as readonly Json[]) {
    if (typeof name !== 'string' || name === '')
      return malformed(`\`${path}\` must hold strings that are not empty`)
    if (seen.includes(name)) return malformed(`\`${path}\` must not hold one name twice`)
    seen.push(name)
  }
  return ok(seen)
}

function lengthProblem(value: Json | undefined, path: string, max: number): Reason | null {
  if (Array.isArray(value) && value.length >= 1 && value.length <= max) return null
  return reason('malformed', `\`${path}\` must be an array of 1 to ${max} entries`)
}

const at = (path: string, name: string): string =>
  path === '' ? `\`${name}\`` : `\`${path}.${name}\``

/** A field is quoted when it looks like one; anything else could be content. */
const named = (field: string): string => (/^\w{1,64}$/.test(field) ? field : '?')

const malformed = (detail: string): Result<never, Reason> => fail(reason('malformed', detail))

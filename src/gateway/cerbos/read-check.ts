import type { Principal } from '../../core/identity.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Resource } from '../../core/question.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { AUX_TOKENS_MAX, readAuxTokens, type AuxTokens } from './read-aux-tokens.ts'
import {
  closed,
  eitherOf,
  flagAt,
  listAt,
  mustBeObject,
  objectAt,
  textAt,
  textsAt,
  WrongShape,
} from './field-reader.ts'
import { locateJson, type JsonPath } from './locate-json.ts'
import { problemOf, type Step, type Violation } from './violation.ts'

/** A request to `/api/check/resources`, in the order in which it was sent. */
export type CheckRequest = {
  readonly requestId: string
  readonly includeMeta: boolean
  /** The principal as sent: data to decide about, not who the caller is (SECURITY 5). */
  readonly principal: Principal
  readonly entries: readonly CheckEntry[]
  readonly tokens: AuxTokens
}

/** One resource and what is asked about it. Version and scope are empty where none were sent. */
export type CheckEntry = {
  readonly resource: Resource
  readonly actions: readonly string[]
  /** The scope as it was sent, which the answer repeats: `.` is another name of the root. */
  readonly scopeSent: string
}

/** How much one request may ask; the API's own configuration names the first two. */
export type CheckLimits = { readonly resourcesMax: number; readonly actionsMax: number }

/** The defaults of the API that we serve. */
export const DEFAULT_CHECK_LIMITS: CheckLimits = { resourcesMax: 50, actionsMax: 50 }

/** Roles of one principal; each costs time in every decision, and a directory gives tens. */
export const CHECK_ROLES_MAX: number = 500

/**
 * Understands a CheckResources request as the API's own servers do: every field has its type, its
 * camel or its snake spelling, `null` and absence mean the default, and an unknown field is
 * refused. Fails with `malformed`: at the first field of another type, or with everything that
 * breaks a rule, each by its path.
 */
export function readCheck(
  value: Json,
  limits: CheckLimits,
  /** The text that was read, asked for only to say where a mistake stands. */
  source: () => string,
): Result<CheckRequest, Reason> {
  try {
    const violations: Violation[] = []
    const request = readRequest(value, violations)
    if (violations.length > 0) return fail(problemOf(violations))
    const excess = excessOf(request, limits)
    return excess === null ? ok(request) : fail(reason('malformed', excess))
  } catch (error) {
    if (!(error instanceof WrongShape)) throw error
    const { path, part, prefix, message } = error
    const { line, column } = locateJson(source(), path, part)
    return fail(reason('malformed', `proto: ${prefix}(line ${line}:${column}): ${message}`))
  }
}

const REQUEST: ReadonlySet<string> = new Set([
  'requestId',
  'request_id',
  'includeMeta',
  'include_meta',
  'principal',
  'resources',
  'auxData',
  'aux_data',
  'requestContext',
  'request_context',
])
const COMMON = ['id', 'policyVersion', 'policy_version', 'attr', 'scope']
const PRINCIPAL: ReadonlySet<string> = new Set([...COMMON, 'roles'])
const ENTRY: ReadonlySet<string> = new Set(['actions', 'resource'])
const RESOURCE: ReadonlySet<string> = new Set([...COMMON, 'kind'])
const CONTEXT: ReadonlySet<string> = new Set(['annotations'])

const ROOT: JsonPath = []

function readRequest(value: Json, violations: Violation[]): CheckRequest {
  const body = mustBeObject(value, ROOT)
  closed(body, REQUEST, ROOT)
  const principal = readPrincipal(body['principal'], violations)
  const entries = listAt(body['resources'], ['resources']).map((entry, i) =>
    readEntry(entry, i, violations),
  )
  if (entries.length === 0) violations.push({ steps: [{ name: 'resources' }], rule: 'required' })
  const tokens = readAuxTokens(eitherOf(body, ROOT, 'auxData', 'aux_data'), violations)
  checkContext(eitherOf(body, ROOT, 'requestContext', 'request_context'), violations)
  return {
    requestId: textAt(eitherOf(body, ROOT, 'requestId', 'request_id'), ['requestId']),
    includeMeta: flagAt(eitherOf(body, ROOT, 'includeMeta', 'include_meta'), ['includeMeta']),
    principal,
    entries,
    tokens,
  }
}

const NOBODY: Principal = {
  id: '',
  roles: [],
  attr: Object.freeze(Object.create(null) as JsonObject),
  scope: '',
  policyVersion: '',
}

function readPrincipal(value: Json | undefined, violations: Violation[]): Principal {
  const path = ['principal']
  const object = objectAt(value, path)
  if (object === null) {
    violations.push({ steps: PRINCIPAL_STEPS, rule: 'required' })
    return NOBODY
  }
  closed(object, PRINCIPAL, path)
  const id = textAt(object['id'], ['principal', 'id'])
  const roles = textsAt(object['roles'], ['principal', 'roles'])
  const common = readCommon(object, path)
  if (id === '') violations.push({ steps: [...PRINCIPAL_STEPS, { name: 'id' }], rule: 'required' })
  checkVersion(common.policyVersion, PRINCIPAL_STEPS, violations)
  checkNames(roles, PRINCIPAL_STEPS, 'roles', violations)
  checkScope(common.scope, PRINCIPAL_STEPS, violations)
  const scope = common.scope === ROOT_SCOPE ? '' : common.scope
  return { id, roles, ...common, scope }
}

const PRINCIPAL_STEPS: readonly Step[] = [{ name: 'principal' }]

function readEntry(value: Json, index: number, violations: Violation[]): CheckEntry {
  const path = ['resources', index]
  const entry = mustBeObject(value, path)
  closed(entry, ENTRY, path)
  const actions = textsAt(entry['actions'], [...path, 'actions'])
  const object = objectAt(entry['resource'], [...path, 'resource'])
  if (actions.length > 0 && object !== null && isPlain(actions)) {
    return { ...readResource(object, index, violations), actions }
  }
  const steps: readonly Step[] = [{ name: 'resources', index }]
  checkNames(actions, steps, 'actions', violations)
  if (object !== null) return { ...readResource(object, index, violations), actions }
  violations.push({ steps: [...steps, { name: 'resource' }], rule: 'required' })
  return { resource: NOTHING, actions, scopeSent: '' }
}

const NOTHING: Resource = { kind: '', ...NOBODY }

function readResource(
  object: JsonObject,
  index: number,
  violations: Violation[],
): Omit<CheckEntry, 'actions'> {
  const path = ['resources', index, 'resource']
  closed(object, RESOURCE, path)
  const kind = textAt(object['kind'], [...path, 'kind'])
  const id = textAt(object['id'], [...path, 'id'])
  const common = readCommon(object, path)
  const resource = { kind, id, ...common }
  if (kind === '' || id === '' || common.policyVersion !== '' || common.scope !== '')
    checkResource(resource, index, violations)
  const { scope } = common
  if (scope !== ROOT_SCOPE) return { resource, scopeSent: scope }
  return { resource: { ...resource, scope: '' }, scopeSent: scope }
}

/** The root scope, where a request says it in so many words. */
const ROOT_SCOPE = '.'

function checkResource(resource: Resource, index: number, violations: Violation[]): void {
  const steps: readonly Step[] = [{ name: 'resources', index }, { name: 'resource' }]
  const { kind, id, policyVersion, scope } = resource
  if (kind === '') violations.push({ steps: [...steps, { name: 'kind' }], rule: 'required' })
  checkVersion(policyVersion, steps, violations)
  if (id === '') violations.push({ steps: [...steps, { name: 'id' }], rule: 'required' })
  checkScope(scope, steps, violations)
}

type Common = Pick<Principal, 'attr' | 'policyVersion' | 'scope'>

function readCommon(object: JsonObject, path: JsonPath): Common {
  const version = eitherOf(object, path, 'policyVersion', 'policy_version')
  return {
    attr: objectAt(object['attr'], [...path, 'attr']) ?? NOBODY.attr,
    policyVersion: textAt(version, [...path, 'policyVersion']),
    scope: textAt(object['scope'], [...path, 'scope']),
  }
}

const VERSION_PATTERN = /^\w*$/
const SCOPE_PATTERN = /^(?:|\.|[0-9a-zA-Z][\w-]*(?:\.\w[\w-]*)*)$/

function checkVersion(text: string, steps: readonly Step[], violations: Violation[]): void {
  if (!VERSION_PATTERN.test(text))
    violations.push({ steps: [...steps, { name: 'policy_version' }], rule: 'version' })
}

function checkScope(text: string, steps: readonly Step[], violations: Violation[]): void {
  if (!SCOPE_PATTERN.test(text))
    violations.push({ steps: [...steps, { name: 'scope' }], rule: 'scope' })
}

/** Whether names are few, distinct and not empty, as nearly all are. */
function isPlain(names: readonly string[]): boolean {
  if (names.length > 8) return new Set(names).size === names.length && !names.includes('')
  for (let i = 0; i < names.length; i++)
    if (names[i] === '' || names.indexOf(names[i] ?? '') !== i) return false
  return true
}

function checkNames(
  names: readonly string[],
  steps: readonly Step[],
  name: string,
  violations: Violation[],
): void {
  if (names.length === 0) violations.push({ steps: [...steps, { name }], rule: 'required' })
  if (isPlain(names)) return
  if (new Set(names).size < names.length)
    violations.push({ steps: [...steps, { name }], rule: 'unique' })
  for (const [index, text] of names.entries())
    if (text === '') violations.push({ steps: [...steps, { name, index }], rule: 'item' })
}

/** What the caller wants to stand in its own log; nothing of it reaches a policy. */
function checkContext(value: Json, violations: Violation[]): void {
  const context = objectAt(value, ['requestContext'])
  if (context === null) return
  closed(context, CONTEXT, ['requestContext'])
  const annotations = objectAt(context['annotations'], ['requestContext', 'annotations'])
  if (annotations === null || !('' in annotations)) return
  const steps = [{ name: 'request_context' }, { name: 'annotations', key: '' }]
  violations.push({ steps, rule: 'key' })
}

function excessOf(request: CheckRequest, limits: CheckLimits): string | null {
  const { principal, entries, tokens } = request
  if (entries.length > limits.resourcesMax)
    return `number of resources in batch (${entries.length}) exceeds configured limit (${limits.resourcesMax})`
  for (const { actions } of entries)
    if (actions.length > limits.actionsMax)
      return `number of actions (${actions.length}) exceeds configured limit (${limits.actionsMax})`
  if (tokens.jwts.length > AUX_TOKENS_MAX)
    return `number of tokens (${tokens.jwts.length}) exceeds the limit (${AUX_TOKENS_MAX})`
  return principal.roles.length > CHECK_ROLES_MAX
    ? `number of roles (${principal.roles.length}) exceeds the limit (${CHECK_ROLES_MAX})`
    : null
}

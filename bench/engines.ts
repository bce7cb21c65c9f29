/**
 * The engines that `decide` compares, each in a process of its own.
 *
 * `conditions` evaluates only the conditions of one tool call (guards, derived role, rule), which is
 * all that an expression library does; `decision` answers whole requests with rules, derived roles
 * and the deny rule that guards them.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { allows } from '../src/core/decision.ts'
import { epochMillis } from '../src/core/clock.ts'
import type { Facts } from '../src/core/facts.ts'
import type { DecisionCaller } from '../src/core/identity.ts'
import { DEFAULT_TENANT } from '../src/core/ids.ts'
import type { Json } from '../src/core/json.ts'
import type { Question } from '../src/core/question.ts'
import {
  readCheck,
  type CheckEntry,
  DEFAULT_CHECK_LIMITS,
} from '../src/gateway/cerbos/read-check.ts'
import { decide } from '../src/pdp/decide.ts'
import { loadPolicies } from '../src/policy/load-policies.ts'
import { temporaryFolder } from './servers.ts'
import { capsOf, CEL, toolKind, writePolicies } from './workload.mjs'

// The workload is JavaScript without types of its own; what follows is the part that engines read.
type Attr = Readonly<Record<string, unknown>>
export type Resource = { readonly kind: string; readonly id: string; readonly attr: Attr }
export type Principal = {
  readonly id: string
  readonly roles: readonly string[]
  readonly attr: Attr
}
export type CheckCall = {
  readonly requestId: string
  readonly principal: Principal
  readonly resources: readonly {
    readonly actions: readonly string[]
    readonly resource: Resource
  }[]
}
type Effect = 'EFFECT_ALLOW' | 'EFFECT_DENY'
export type Answer = {
  readonly results: readonly { readonly actions: Readonly<Record<string, Effect>> }[]
}

export type Engine =
  | {
      readonly kind: 'conditions'
      readonly holds: (principal: Principal, resource: Resource) => boolean
    }
  | {
      readonly kind: 'decision'
      /** What a server does as it reads a request, untimed; what it returns then decides. */
      readonly prepare: (request: CheckCall) => () => Answer
    }

export const ENGINES: Readonly<Record<string, (policies: number) => Promise<Engine>>> = {
  reeve,
  '@marcbachmann/cel-js': marcbachmann,
  '@bufbuild/cel': bufbuild,
  casbin,
  '@cedar-policy/cedar-wasm': cedar,
}

async function reeve(policies: number): Promise<Engine> {
  const folder = join(temporaryFolder(), 'policies')
  writePolicies(folder, policies)
  const files = readdirSync(folder).map((name) => ({
    path: name,
    text: readFileSync(join(folder, name), 'utf8'),
  }))
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
  const loaded = loadPolicies({ sha256 }, files)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  const release = loaded.value
  const caller: DecisionCaller = {
    kind: 'decision_caller',
    tenant: DEFAULT_TENANT,
    id: 'bench',
    assurance: 'local',
  }
  const answer = (facts: Facts, entries: readonly CheckEntry[]): Answer => {
    const context: Question['context'] = {
      time: epochMillis(Date.now()),
      surface: 'cerbos',
      runId: null,
      clientRunId: null,
      environment: 'bench',
      clientInfo: null,
    }
    const results = entries.map(({ resource, actions: asked }) => {
      const actions: Record<string, Effect> = {}
      for (const action of asked) {
        const ask = { action, resource: { ...resource, policyVersion: 'default' } }
        const decision = decide(release, { caller, ask, context }, facts)
        actions[action] = allows(decision) ? 'EFFECT_ALLOW' : 'EFFECT_DENY'
      }
      return { actions }
    })
    return { results }
  }
  return {
    kind: 'decision',
    prepare: (request) => {
      const read = readCheck(request as Json, DEFAULT_CHECK_LIMITS, () => '')
      if (!read.ok) throw new Error(read.error.detail)
      const { principal, entries } = read.value
      return () =>
        answer({ ...NO_FACTS, asserted: { ...principal, policyVersion: 'default' } }, entries)
    },
  }
}

const NO_FACTS: Facts = {
  subject: null,
  actors: [],
  sponsors: [],
  grants: [],
  raised: [],
  asserted: null,
  auxData: {},
  revisions: { data: 0, revocation: 0 },
}

type Compile = (expression: string) => (P: Principal, R: Resource) => boolean

/** One tool call by hand: guards, then the role, then the rule, each until the first that fails. */
function conditions(compile: Compile, policies: number): Engine {
  const guards = CEL.guards.map(compile)
  const operator = CEL.derived.tool_operator.expr.map(compile)
  const calls = new Map<string, ReturnType<Compile>[]>()
  for (let i = 0; i < policies - 2; i++) calls.set(toolKind(i), CEL.toolCall(i).map(compile))
  return {
    kind: 'conditions',
    holds: (P, R) =>
      !guards.some((holds) => holds(P, R)) &&
      P.roles.includes('support_agent') &&
      operator.every((holds) => holds(P, R)) &&
      (calls.get(R.kind) ?? []).every((holds) => holds(P, R)),
  }
}

async function marcbachmann(policies: number): Promise<Engine> {
  const { Environment } = await import('@marcbachmann/cel-js')
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
  })
  environment.registerFunction('now(): google.protobuf.Timestamp', () => new Date())
  return conditions((text) => {
    const evaluate = environment.parse(text)
    return (P, R) => {
      try {
        return evaluate({ P, R }) === true
      } catch {
        return false
      }
    }
  }, policies)
}

async function bufbuild(policies: number): Promise<Engine> {
  const { celEnv, celFunc, CelScalar, isCelError, mapType, objectType, parse, plan } =
    await import('@bufbuild/cel')
  const { TimestampSchema, timestampNow } = await import('@bufbuild/protobuf/wkt')
  const environment = celEnv({
    funcs: [celFunc('now', [], objectType(TimestampSchema), () => timestampNow())],
    variables: {
      P: mapType(CelScalar.STRING, CelScalar.DYN),
      R: mapType(CelScalar.STRING, CelScalar.DYN),
    },
  })
  return conditions((text) => {
    const evaluate = plan(environment, parse(text))
    return (P, R) => {
      const value = evaluate({ P, R } as unknown as Parameters<typeof evaluate>[0])
      return !isCelError(value) && value === true
    }
  }, policies)
}

/** Asks one question after the other, for engines that answer one at a time. */
const oneByOne = (
  allowed: (call: CheckCall, resource: Resource, action: string) => boolean,
): Engine => ({
  kind: 'decision',
  prepare: (call) => () => ({
    results: call.resources.map(({ actions, resource }) => ({
      actions: Object.fromEntries(
        actions.map((action): [string, Effect] => [
          action,
          allowed(call, resource, action) ? 'EFFECT_ALLOW' : 'EFFECT_DENY',
        ]),
      ),
    })),
  }),
})

async function casbin(policies: number): Promise<Engine> {
  const library = await import('casbin')
  const model = library.newModelFromString(`[request_definition]
r = sub, obj, act
[policy_definition]
p = kind, act, rule, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.obj.kind == p.kind && (p.act == "*" || among(r.act, p.act)) && eval(p.rule)`)
  const rows: string[][] = []
  const a = 'r.sub.attr'
  const add = (kind: string, actions: string, rule: string, effect = 'allow'): void =>
    void rows.push([kind, actions, rule, effect])
  const guard = (kind: string): void =>
    add(
      kind,
      '*',
      `${a}.sponsor.active == false || len(${a}.delegation_chain) > 3 || ${a}.risk_score >= 80`,
      'deny',
    )
  const sponsored = `holds("agent", r.sub.roles) && ${a}.sponsor.active && ${a}.suspended == false`
  const ranked = `${sponsored} && ${a}.rank >= r.obj.attr.minRank`
  add(
    'model',
    'invoke|stream|embed',
    `${ranked} && holds(r.obj.attr.region, ${a}.regions) && (!r.obj.attr.pii || ${a}.clearance >= 2)`,
  )
  add('model', 'finetune|batch', 'holds("ml_admin", r.sub.roles)')
  guard('model')
  add(
    'mcp_server',
    'connect|list_tools|call|read',
    `${ranked} && holds(r.obj.attr.owner, ${a}.departments) && (!r.obj.attr.sensitive || ${a}.clearance >= 2)`,
  )
  add('mcp_server', 'configure', 'holds("mcp_admin", r.sub.roles)')
  guard('mcp_server')
  for (let i = 0; i < policies - 2; i++) {
    const kind = toolKind(i)
    const { bronze, silver, gold } = capsOf(i)
    const args = 'r.obj.attr.args'
    add(
      kind,
      'call',
      `holds("support_agent", r.sub.roles) && ${a}.sponsor.active && len(${a}.delegation_chain) <= 3 && holds("tools", ${a}.scopes) && ${args}.amount <= (${a}.tier == "bronze" ? ${bronze} : ${a}.tier == "silver" ? ${silver} : ${gold}) && holds(${args}.currency, ${a}.currencies) && now() >= time(${a}.session_start) && now() < time(${a}.session_end) && ${args}.reason != "" && (${args}.amount < 100 || has(${args}, "ticket"))`,
    )
    add(kind, 'view|dry_run', sponsored)
    add(kind, 'approve|cancel', 'holds("supervisor", r.sub.roles)')
    guard(kind)
  }
  const enforcer = await library.newEnforcer(model)
  const functions = {
    holds: (one: unknown, list: readonly unknown[]) => list.includes(one),
    among: (one: string, list: string) => list.split('|').includes(one),
    len: (list: readonly unknown[]) => list.length,
    now: () => Date.now(),
    time: (text: string) => Date.parse(text),
    has: (object: object, key: string) => key in object,
  }
  for (const [name, body] of Object.entries(functions)) await enforcer.addFunction(name, body)
  await enforcer.addPolicies(rows)
  return oneByOne(({ principal }, resource, action) =>
    enforcer.enforceSync(principal, resource, action),
  )
}

async function cedar(policies: number): Promise<Engine> {
  const library = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs')
  const typeOf = (kind: string): string => kind.replace(':', '_')
  const actions = (...names: string[]): string =>
    `action in [${names.map((name) => `Action::"${name}"`).join(',')}]`
  const permit = (action: string, type: string, when: string): string =>
    `permit(principal, ${action}, resource is ${type}) when { ${when} };`
  const guard = (type: string): string =>
    `forbid(principal, action, resource is ${type}) when { principal.sponsor.active == false || principal.chain_depth > 3 || principal.risk_score >= 80 };`
  const sponsored =
    'principal.roles.contains("agent") && principal.sponsor.active && principal.suspended == false'
  const ranked = `${sponsored} && principal.rank >= resource.minRank`
  const text = [
    permit(
      actions('invoke', 'stream', 'embed'),
      'model',
      `${ranked} && principal.regions.contains(resource.region) && (!resource.pii || principal.clearance >= 2)`,
    ),
    permit(actions('finetune', 'batch'), 'model', 'principal.roles.contains("ml_admin")'),
    guard('model'),
    permit(
      actions('connect', 'list_tools', 'call', 'read'),
      'mcp_server',
      `${ranked} && principal.departments.contains(resource.owner) && (!resource.sensitive || principal.clearance >= 2)`,
    ),
    permit(actions('configure'), 'mcp_server', 'principal.roles.contains("mcp_admin")'),
    guard('mcp_server'),
  ]
  for (let i = 0; i < policies - 2; i++) {
    const type = typeOf(toolKind(i))
    const { bronze, silver, gold } = capsOf(i)
    text.push(
      permit(
        actions('call'),
        type,
        `principal.roles.contains("support_agent") && principal.sponsor.active && principal.chain_depth <= 3 && principal.scopes.contains("tools") && resource.args.amount <= (if principal.tier == "bronze" then ${bronze} else if principal.tier == "silver" then ${silver} else ${gold}) && principal.currencies.contains(resource.args.currency) && context.now >= principal.session_start && context.now < principal.session_end && resource.args.reason != "" && (resource.args.amount < 100 || resource.args has ticket)`,
      ),
      permit(actions('view', 'dry_run'), type, sponsored),
      permit(actions('approve', 'cancel'), type, 'principal.roles.contains("supervisor")'),
      guard(type),
    )
  }
  const parsed = library.preparsePolicySet('bench', {
    staticPolicies: text.join('\n'),
    templates: {},
    templateLinks: [],
  })
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed).slice(0, 500))
  const datetime = (value: string): unknown => ({ __extn: { fn: 'datetime', arg: value } })
  return oneByOne(({ principal }, resource, action) => {
    const { attr } = principal
    const P = { type: 'agent', id: principal.id }
    const R = { type: typeOf(resource.kind), id: resource.id }
    const attrs = {
      ...attr,
      roles: principal.roles,
      chain_depth: (attr['delegation_chain'] as readonly string[]).length,
      session_start: datetime(String(attr['session_start'])),
      session_end: datetime(String(attr['session_end'])),
    }
    const answer = library.statefulIsAuthorized({
      principal: P,
      action: { type: 'Action', id: action },
      resource: R,
      context: { now: datetime(new Date().toISOString()) },
      preparsedPolicySetId: 'bench',
      entities: [
        { uid: P, parents: [], attrs },
        { uid: R, parents: [], attrs: resource.attr },
      ],
    })
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer).slice(0, 300))
    return answer.response.decision === 'allow'
  })
}

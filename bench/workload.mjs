// The common workload: an agent policy set (model access, MCP servers, argument-aware tool calls),
// requests in the shape of Cerbos CheckResources, and an oracle that says what is right, written
// apart from the policies. Every program here asks every engine the same questions, and times no
// engine that answers one of them wrongly.
import fs from 'node:fs'
import path from 'node:path'

export const TIERS = ['bronze', 'silver', 'gold']
export const RANK = { bronze: 1, silver: 2, gold: 3 }
export const toolKind = (i) => `tool:refund_${String(i).padStart(5, '0')}`
export const capsOf = (i) => ({
  bronze: 50 + (i % 7),
  silver: 250 + (i % 11),
  gold: 1000 + (i % 13),
})
export const MODELS = Array.from({ length: 10 }, (_, i) => ({
  id: `model-${i}`,
  attr: {
    minRank: 1 + (i % 3),
    region: i % 4 === 3 ? 'us' : 'eu',
    family: `fam${i % 4}`,
    contextTokens: 8000 * (1 + (i % 4)),
    pii: i % 5 === 0,
  },
}))
export const MCPS = Array.from({ length: 10 }, (_, i) => ({
  id: `mcp-${i}`,
  attr: {
    owner: i % 2 ? 'support' : 'billing',
    minRank: 1 + (i % 3),
    sensitive: i % 5 === 4,
    transport: 'streamable-http',
  },
}))

const DENY_GUARDS = [
  'P.attr.sponsor.active == false',
  'size(P.attr.delegation_chain) > 3',
  'P.attr.risk_score >= 80.0',
]
const DERIVED = {
  sponsored_agent: {
    parents: ['agent'],
    expr: ['P.attr.sponsor.active', 'P.attr.suspended == false'],
  },
  tool_operator: {
    parents: ['support_agent'],
    expr: [
      'P.attr.sponsor.active',
      'size(P.attr.delegation_chain) <= 3',
      '"tools" in P.attr.scopes',
    ],
  },
}
/** Condition strings (CEL) shared by the in-process CEL engines. */
export const CEL = {
  guards: DENY_GUARDS,
  derived: DERIVED,
  toolCall: (i) => {
    const c = capsOf(i)
    return [
      `R.attr.args.amount <= {"bronze": ${c.bronze}.0, "silver": ${c.silver}.0, "gold": ${c.gold}.0}[P.attr.tier]`,
      'R.attr.args.currency in P.attr.currencies',
      'now() >= timestamp(P.attr.session_start) && now() < timestamp(P.attr.session_end)',
      'R.attr.args.reason != "" && (R.attr.args.amount < 100.0 || has(R.attr.args.ticket))',
    ]
  },
  model: [
    'P.attr.rank >= R.attr.minRank',
    'R.attr.region in P.attr.regions',
    '!R.attr.pii || P.attr.clearance >= 2.0',
  ],
  mcp: [
    'P.attr.rank >= R.attr.minRank',
    'R.attr.owner in P.attr.departments',
    '!R.attr.sensitive || P.attr.clearance >= 2.0',
  ],
}

// Cerbos YAML.
const all = (xs, ind) =>
  `condition:\n${ind}  match:\n${ind}    all:\n${ind}      of:\n` +
  xs.map((x) => `${ind}        - expr: '${x.replace(/'/g, "''")}'`).join('\n')
const any = (xs, ind) => all(xs, ind).replace('all:', 'any:')

export function derivedRolesYaml() {
  let s = 'apiVersion: api.cerbos.dev/v1\nderivedRoles:\n  name: agent_roles\n  definitions:\n'
  for (const [name, d] of Object.entries(DERIVED))
    s += `    - name: ${name}\n      parentRoles: [${d.parents.join(', ')}]\n      ${all(d.expr, '      ')}\n`
  return s
}
const header = (kind) =>
  `apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  version: default\n  resource: "${kind}"\n  importDerivedRoles: [agent_roles]\n`
const guardRule = `    - name: guards\n      actions: ["*"]\n      effect: EFFECT_DENY\n      roles: ["*"]\n      ${any(DENY_GUARDS, '      ')}\n`
export function toolYaml(i) {
  const c = capsOf(i)
  const exprs = CEL.toolCall(i).map((e) => e.replace(/\{"bronze".*?\}/, 'C.caps'))
  return (
    header(toolKind(i)) +
    `  constants:\n    local:\n      caps: {bronze: ${c.bronze}, silver: ${c.silver}, gold: ${c.gold}}\n` +
    `  rules:\n    - name: call\n      actions: ["call"]\n      effect: EFFECT_ALLOW\n      derivedRoles: [tool_operator]\n      ${all(exprs, '      ')}\n` +
    `    - name: look\n      actions: ["view", "dry_run"]\n      effect: EFFECT_ALLOW\n      derivedRoles: [sponsored_agent]\n` +
    `    - name: approve\n      actions: ["approve", "cancel"]\n      effect: EFFECT_ALLOW\n      roles: [supervisor]\n` +
    guardRule
  )
}
export const modelYaml = () =>
  header('model') +
  `  rules:\n    - name: invoke\n      actions: ["invoke", "stream", "embed"]\n      effect: EFFECT_ALLOW\n      derivedRoles: [sponsored_agent]\n      ${all(CEL.model, '      ')}\n` +
  `    - name: admin\n      actions: ["finetune", "batch"]\n      effect: EFFECT_ALLOW\n      roles: [ml_admin]\n` +
  guardRule
export const mcpYaml = () =>
  header('mcp_server') +
  `  rules:\n    - name: use\n      actions: ["connect", "list_tools", "call", "read"]\n      effect: EFFECT_ALLOW\n      derivedRoles: [sponsored_agent]\n      ${all(CEL.mcp, '      ')}\n` +
  `    - name: admin\n      actions: ["configure"]\n      effect: EFFECT_ALLOW\n      roles: [mcp_admin]\n` +
  guardRule

export function writePolicies(dir, n) {
  fs.rmSync(dir, { recursive: true, force: true })
  fs.mkdirSync(dir, { recursive: true })
  fs.writeFileSync(path.join(dir, 'derived_roles.yaml'), derivedRolesYaml())
  fs.writeFileSync(path.join(dir, 'model.yaml'), modelYaml())
  fs.writeFileSync(path.join(dir, 'mcp_server.yaml'), mcpYaml())
  for (let i = 0; i < n - 2; i++)
    fs.writeFileSync(path.join(dir, `tool_${String(i).padStart(5, '0')}.yaml`), toolYaml(i))
}

// Requests.
/** Variant 0 to 31: most are healthy, some trip a guard. */
export function principal(v) {
  const tier = TIERS[v % 3]
  return {
    id: `agent:support-${v}`,
    roles: ['agent', 'support_agent', 'delegate'],
    attr: {
      tier,
      rank: RANK[tier],
      sponsor: { id: `user:${v}@example.test`, active: v % 16 !== 7, department: 'support' },
      delegation_chain: Array.from(
        { length: v % 16 === 11 ? 5 : 1 + (v % 3) },
        (_, k) => `agent:hop-${k}`,
      ),
      risk_score: v % 16 === 13 ? 91 : (v * 7) % 60,
      suspended: false,
      scopes: ['models', 'mcp', 'tools'],
      currencies: ['EUR', 'USD', 'GBP'],
      regions: ['eu', 'us'],
      departments: ['support', 'billing'],
      clearance: 1 + (v % 3),
      session_start: '2020-01-01T00:00:00Z',
      session_end: v % 16 === 15 ? '2021-01-01T00:00:00Z' : '2099-01-01T00:00:00Z',
      environment: 'production',
      model_version: '2026-01',
      tenant: 'acme',
    },
  }
}
export const TOOL_ACTIONS = ['call', 'view', 'dry_run', 'approve', 'cancel']
export const MODEL_ACTIONS = ['invoke', 'stream', 'embed', 'finetune', 'batch']
export const MCP_ACTIONS = ['connect', 'list_tools', 'call', 'read', 'configure']
const toolRes = (v, nTools) => {
  const i = (v * 7919) % nTools
  const amount = [12, 55, 240, 251, 900, 1500][v % 6]
  const args = {
    amount,
    currency: v % 9 === 8 ? 'CHF' : 'EUR',
    reason: 'damaged in transit',
    order_id: `ord-${v}`,
  }
  if (v % 4 !== 2) args.ticket = `T-${v}`
  return {
    kind: toolKind(i),
    id: `call-${v}`,
    attr: { tool: 'issue_refund', server: 'mcp-3', args },
  }
}
const modelRes = (v) => ({ kind: 'model', id: MODELS[v % 10].id, attr: MODELS[v % 10].attr })
const mcpRes = (v) => ({ kind: 'mcp_server', id: MCPS[v % 10].id, attr: MCPS[v % 10].attr })

/** Requests in the shape of Cerbos CheckResources. shape: '1x1' | '1x5' | '20x4'; tool1x1 = tool calls only. */
export function requests(shape, nPolicies = 10, count = 48) {
  const nTools = Math.max(1, nPolicies - 2)
  const out = []
  for (let v = 0; v < count; v++) {
    const p = principal(v % 32)
    let resources
    if (shape === '20x4') {
      resources = Array.from({ length: 20 }, (_, k) => {
        const w = v * 20 + k
        if (k < 7)
          return {
            actions: MODEL_ACTIONS.slice(0, 4),
            resource: { ...modelRes(w), id: `model-${k}` },
          }
        if (k < 13)
          return {
            actions: MCP_ACTIONS.slice(0, 4),
            resource: { ...mcpRes(w), id: `mcp-${k - 7}` },
          }
        return { actions: TOOL_ACTIONS.slice(0, 4), resource: toolRes(w, nTools) }
      })
      resources.forEach((r, k) => {
        r.resource = { ...r.resource, id: `${r.resource.id}-${k}` }
      })
    } else {
      const kind = shape === 'tool1x1' ? 2 : v % 3
      const [res, acts] =
        kind === 0
          ? [modelRes(v), MODEL_ACTIONS]
          : kind === 1
            ? [mcpRes(v), MCP_ACTIONS]
            : [toolRes(v, nTools), TOOL_ACTIONS]
      resources = [
        {
          actions: shape === '1x5' ? acts : [acts[shape === 'tool1x1' ? 0 : (v >> 2) % 2]],
          resource: res,
        },
      ]
    }
    out.push({ requestId: `r-${v}`, principal: p, resources })
  }
  return out
}

// Oracle (written apart from the YAML).
export function oracle(p, res, action, nowMs = Date.now()) {
  const a = p.attr,
    r = res.attr
  if (!a.sponsor.active || a.delegation_chain.length > 3 || a.risk_score >= 80) return 'EFFECT_DENY'
  const sponsored = p.roles.includes('agent') && a.sponsor.active && !a.suspended
  let ok = false
  if (res.kind === 'model') {
    if (['invoke', 'stream', 'embed'].includes(action))
      ok =
        sponsored &&
        a.rank >= r.minRank &&
        a.regions.includes(r.region) &&
        (!r.pii || a.clearance >= 2)
    else ok = p.roles.includes('ml_admin')
  } else if (res.kind === 'mcp_server') {
    if (action === 'configure') ok = p.roles.includes('mcp_admin')
    else
      ok =
        sponsored &&
        a.rank >= r.minRank &&
        a.departments.includes(r.owner) &&
        (!r.sensitive || a.clearance >= 2)
  } else {
    const i = Number(res.kind.slice(-5))
    if (action === 'call') {
      ok =
        p.roles.includes('support_agent') &&
        a.scopes.includes('tools') &&
        r.args.amount <= capsOf(i)[a.tier] &&
        a.currencies.includes(r.args.currency) &&
        nowMs >= Date.parse(a.session_start) &&
        nowMs < Date.parse(a.session_end) &&
        r.args.reason !== '' &&
        (r.args.amount < 100 || 'ticket' in r.args)
    } else if (action === 'view' || action === 'dry_run') ok = sponsored
    else ok = p.roles.includes('supervisor')
  }
  return ok ? 'EFFECT_ALLOW' : 'EFFECT_DENY'
}
/** Compares a CheckResources JSON response with the oracle; returns the number of mismatches and decisions. */
export function verify(req, resp) {
  let bad = 0,
    n = 0,
    allow = 0
  req.resources.forEach((e, i) => {
    const got = resp.results[i]?.actions ?? {}
    for (const act of e.actions) {
      const want = oracle(req.principal, e.resource, act)
      n++
      if (want === 'EFFECT_ALLOW') allow++
      const g =
        typeof got[act] === 'number' ? ['', 'EFFECT_ALLOW', 'EFFECT_DENY'][got[act]] : got[act]
      if (g !== want) {
        bad++
        if (bad < 4)
          console.error('MISMATCH', req.requestId, e.resource.kind, act, 'want', want, 'got', g)
      }
    }
  })
  return { bad, n, allow }
}

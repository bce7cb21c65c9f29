import { isName } from '../core/ids.ts'
import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import {
  listOf,
  openFields,
  optionalNode,
  optionalText,
  requiredNode,
  requiredText,
  textsOf,
} from './fields.ts'
import { DEFAULT_VERSION, RULE_NAME_PATTERN } from './names.ts'
import { parseExpressionNode } from './parse-condition.ts'
import { refuseEmpty } from './parse-rule.ts'
import { NO_EXTRAS, parseRollout } from './parse-rule-extras.ts'
import type { Condition, ResourcePolicy, Rollout, RuleTree } from './tree.ts'
import type { YamlMap, YamlNode, YamlScalar } from './yaml-node.ts'

/**
 * Reads `policy-config.yaml` (CONTRACTS 2) into the tree that the long form gives: for each rule one
 * on kind `mcp:<tool>`, one that lets the role connect there, and one that lets it be issued a token
 * for that tool within `max_token_ttl_seconds`.
 */
export function parseShortForm(file: SourceFile, root: YamlMap): readonly ResourcePolicy[] {
  const fields = openFields(file, root, 'the short form', {
    known: ['rules', 'description', '$schema'],
  })
  if (fields === null) return []
  optionalText(fields, 'description')
  optionalText(fields, '$schema')
  const rules = parseShortRules(fields)
  const ttls = strictestTtls(rules)
  const byKind = new Map<string, RuleTree[]>()
  for (const rule of rules) {
    for (const [kind, tree] of treesOf(rule, ttls.get(ttlKey(rule)) ?? null)) {
      byKind.set(kind, [...(byKind.get(kind) ?? []), tree])
    }
  }
  return [...byKind].map(([resource, trees]) => policyOf(file, root.at, resource, trees))
}

function parseShortRules(fields: Fields): readonly ShortRule[] {
  const { file } = fields
  const rules = new Map<string, ShortRule>()
  for (const item of listOf(fields, 'rules')) {
    const rule = parseShortRule(file, item)
    if (rule === null) continue
    if (rules.has(rule.id)) {
      const message = `two rules have the id \`${rule.id}\``
      report(file, item.at, { code: 'name_duplicate', message })
    }
    rules.set(rule.id, rule)
  }
  return [...rules.values()]
}

/**
 * The lowest bound that any rule of a role sets for a tool. One token serves every rule for its
 * tool, so a rule that sets no bound must not lift the bound of another.
 */
function strictestTtls(rules: readonly ShortRule[]): ReadonlyMap<string, TtlScalar> {
  const strictest = new Map<string, TtlScalar>()
  for (const rule of rules) {
    const known = strictest.get(ttlKey(rule))
    const own = rule.ttlSecondsMax
    if (own !== null && (known === undefined || own.value < known.value))
      strictest.set(ttlKey(rule), own)
  }
  return strictest
}

const ttlKey = (rule: ShortRule): string => JSON.stringify([rule.role, rule.tool.value])

type TtlScalar = YamlScalar & { readonly value: number }

type ShortRule = {
  readonly id: string
  readonly at: number
  readonly role: string
  readonly tool: YamlScalar & { readonly value: string }
  readonly actions: readonly string[]
  readonly when: Condition | null
  readonly ttlSecondsMax: TtlScalar | null
  readonly rollout: Rollout | null
}

function parseShortRule(file: SourceFile, node: YamlNode): ShortRule | null {
  const fields = openFields(file, node, 'a rule', {
    known: ['id', 'role', 'tool', 'allowed_actions', 'when', 'max_token_ttl_seconds', 'rollout'],
  })
  if (fields === null) return null
  const says = 'an id begins with a letter and has letters, digits, `_`, `@`, `.` and `-`'
  const id = requiredText(fields, 'id', { pattern: RULE_NAME_PATTERN, says })
  const role = requiredText(fields, 'role', { pattern: /^[^*]+$/, says: 'a role has no `*` here' })
  const tool = parseTool(fields)
  const actions = parseActions(fields)
  const when = parseWhen(fields)
  const ttlSecondsMax = parseTtl(fields)
  const rollout = parseRollout(fields, ['percent', 'increment', 'key'])
  if (id === null || role === null || tool === null) return null
  return { id, at: node.at, role, tool, actions, when, ttlSecondsMax, rollout }
}

function parseTool(fields: Fields): ShortRule['tool'] | null {
  const text = requiredText(fields, 'tool')
  const node = optionalNode(fields, 'tool')
  if (text === null || node?.kind !== 'scalar') return null
  if (isName(text)) return { ...node, value: text }
  const message = `\`tool\` cannot be \`${text}\`: it is the id of an MCP server, \`[a-z][a-z0-9_-]*\``
  report(fields.file, node.at, { code: 'value_invalid', message })
  return null
}

function parseActions(fields: Fields): readonly string[] {
  const node = requiredNode(fields, 'allowed_actions')
  if (node === null) return []
  refuseEmpty(fields, 'allowed_actions', node)
  const actions = textsOf(fields, 'allowed_actions', {
    pattern: /^(?:\*|[^:*]+)$/,
    says: 'it is the name of a tool, without `:` and `*`; `*` alone means every tool',
  })
  return actions.map(({ name }) => `tool:${name}`)
}

function parseWhen(fields: Fields): Condition | null {
  const node = optionalNode(fields, 'when')
  const expression = node === null ? null : parseExpressionNode(fields.file, node, '`when`')
  return expression === null ? null : { kind: 'expr', expression }
}

function parseTtl(fields: Fields): TtlScalar | null {
  const node = optionalNode(fields, 'max_token_ttl_seconds')
  if (node === null) return null
  const value = node.kind === 'scalar' && typeof node.value === 'number' ? node.value : 0
  if (node.kind === 'scalar' && Number.isInteger(value) && value >= 1 && value <= TTL_SECONDS_MAX) {
    return { ...node, value }
  }
  const message = `\`max_token_ttl_seconds\` must be a whole number from 1 to ${TTL_SECONDS_MAX}`
  report(fields.file, node.at, { code: 'value_invalid', message })
  return null
}

/** No token of ours lives longer (CONTRACTS 3), so a larger bound would promise what is never given. */
const TTL_SECONDS_MAX = 900

/** The rules that one short rule stands for, each with the kind of resource it is about. */
function treesOf(rule: ShortRule, ttl: TtlScalar | null): readonly (readonly [string, RuleTree])[] {
  const base = {
    at: rule.at,
    effect: 'allow',
    resource: null,
    roles: [rule.role],
    derivedRoles: [],
    output: null,
    ...NO_EXTRAS,
    discloses: true,
    rollout: rule.rollout,
  } as const
  const server = `mcp:${rule.tool.value}`
  return [
    [server, { ...base, name: rule.id, actions: rule.actions, condition: rule.when }],
    [server, { ...base, name: `${rule.id}.connect`, actions: ['connect'], condition: null }],
    [
      'token',
      {
        ...base,
        name: `${rule.id}.issue`,
        actions: ['issue'],
        condition: issueCondition(rule, ttl),
      },
    ],
  ]
}

function issueCondition(rule: ShortRule, ttl: TtlScalar | null): Condition {
  const tool = expr(`R.attr.tool == ${JSON.stringify(rule.tool.value)}`, rule.tool)
  if (ttl === null) return tool
  return { kind: 'all', of: [tool, expr(`R.attr.ttl_seconds <= ${ttl.value}`, ttl)] }
}

const expr = (source: string, scalar: YamlScalar): Condition => ({
  kind: 'expr',
  expression: { source, scalar },
})

const policyOf = (
  file: SourceFile,
  at: number,
  resource: string,
  rules: readonly RuleTree[],
): ResourcePolicy => ({
  kind: 'resource',
  file,
  dialect: 'reeve',
  at,
  shortForm: true,
  resource,
  version: DEFAULT_VERSION,
  scope: '',
  scopePermissions: 'override',
  principalSchema: null,
  resourceSchema: null,
  derivedRoleImports: [],
  constants: { imports: [], local: [] },
  variables: { imports: [], local: [] },
  rules,
})

import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import { openFields, optionalText, requiredNode, requiredText, textsOf } from './fields.ts'
import { compileGlob, isPattern } from './glob.ts'
import { defaultRuleName, RULE_NAME_PATTERN, SET_NAME_PATTERN } from './names.ts'
import { parseCondition } from './parse-condition.ts'
import { parseOutput } from './parse-output.ts'
import { parseExtras, REEVE_FIELDS } from './parse-rule-extras.ts'
import type { Dialect, Effect, RuleTree } from './tree.ts'
import type { YamlNode } from './yaml-node.ts'

const RULE_FIELDS = ['name', 'actions', 'effect', 'roles', 'derivedRoles', 'condition', 'output']

/** Reads one rule of a resource policy. */
export function parseResourceRule(
  file: SourceFile,
  node: YamlNode,
  dialect: Dialect,
  index: number,
): RuleTree | null {
  const reeve = dialect === 'reeve'
  const fields = openFields(file, node, 'a rule', {
    known: reeve ? [...RULE_FIELDS, ...REEVE_FIELDS] : RULE_FIELDS,
  })
  if (fields === null) return null
  const actions = parseActions(fields)
  const effect = parseEffect(fields)
  const roles = parsePatterns(fields, 'roles')
  const derivedRoles = textsOf(fields, 'derivedRoles', { pattern: SET_NAME_PATTERN })
  if (!fields.entries.has('roles') && !fields.entries.has('derivedRoles')) {
    const hint = 'add `roles: ["*"]` if it is meant for everybody'
    report(file, node.at, {
      code: 'field_missing',
      message: 'a rule needs `roles` or `derivedRoles`',
      hint,
    })
  } else if (roles.length + derivedRoles.length === 0) {
    report(file, node.at, {
      code: 'value_invalid',
      message: 'a rule needs at least one role or derived role',
    })
  }
  if (effect === null) return null
  return {
    ...parseCommon(fields, index, effect),
    effect,
    resource: null,
    actions,
    roles,
    derivedRoles,
  }
}

/** Name, condition, output and what our dialect adds: what rules of every kind have. */
export function parseCommon(
  fields: Fields,
  index: number,
  effect: Effect | null,
): Omit<RuleTree, 'effect' | 'resource' | 'actions' | 'roles' | 'derivedRoles'> {
  const says = 'a rule name begins with a letter and has letters, digits, `_`, `@`, `.` and `-`'
  return {
    name:
      optionalText(fields, 'name', { pattern: RULE_NAME_PATTERN, says }) ?? defaultRuleName(index),
    at: fields.at,
    condition: parseCondition(fields),
    output: parseOutput(fields),
    ...parseExtras(fields, effect),
  }
}

export function parseActions(fields: Fields, key = 'actions'): readonly string[] {
  const node = requiredNode(fields, key)
  if (node !== null) refuseEmpty(fields, key, node)
  return node === null ? [] : parsePatterns(fields, key)
}

export function refuseEmpty(fields: Fields, key: string, node: YamlNode): void {
  if (node.kind !== 'list' || node.items.length > 0) return
  const message = `\`${key}\` of ${fields.name} must not be empty`
  report(fields.file, node.at, { code: 'value_invalid', message })
}

/** A list of names of which those with `*` are patterns that must be well formed. */
export function parsePatterns(fields: Fields, key: string): readonly string[] {
  return textsOf(fields, key)
    .filter(({ name, at }) => checkPattern(fields.file, at, name))
    .map(({ name }) => name)
}

/** Whether the text is a plain name or a well-formed pattern; anything else is reported. */
export function checkPattern(file: SourceFile, at: number, text: string): boolean {
  if (!isPattern(text) || compileGlob(text) !== null) return true
  const hint = 'close every `[` and `{`'
  report(file, at, { code: 'value_invalid', message: `\`${text}\` is not a pattern`, hint })
  return false
}

/** The `resource` of a rule: a kind or a pattern of kinds. */
export function parseRuleResource(fields: Fields): string | null {
  const resource = requiredText(fields, 'resource')
  const at = fields.entries.get('resource')?.value.at ?? fields.at
  return resource !== null && checkPattern(fields.file, at, resource) ? resource : null
}

const EFFECTS: Readonly<Record<string, Effect>> = { EFFECT_ALLOW: 'allow', EFFECT_DENY: 'deny' }

export function parseEffect(fields: Fields): Effect | null {
  const text = requiredText(fields, 'effect')
  if (text === null) return null
  const effect = Object.hasOwn(EFFECTS, text) ? EFFECTS[text] : undefined
  if (effect !== undefined) return effect
  const at = fields.entries.get('effect')?.value.at ?? fields.at
  const message = `\`effect\` cannot be \`${text}\`: it is EFFECT_ALLOW or EFFECT_DENY`
  report(fields.file, at, { code: 'value_invalid', message })
  return null
}

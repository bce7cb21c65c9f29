import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import { listOf, openFields, optionalNode, requiredNode, textScalar } from './fields.ts'
import type { Condition, Expression } from './tree.ts'
import type { YamlNode } from './yaml-node.ts'

/** Reads `condition: {match: …}` of a rule or derived role; null when there is none. */
export function parseCondition(fields: Fields): Condition | null {
  const node = optionalNode(fields, 'condition')
  if (node === null) return null
  const name = `\`condition\` of ${fields.name}`
  const opened = openFields(fields.file, node, name, { known: ['match'], notYet: ['script'] })
  const match = opened === null ? null : requiredNode(opened, 'match')
  return match === null ? null : parseMatch(fields.file, match)
}

const OPERATORS = ['expr', 'all', 'any', 'none'] as const

function parseMatch(file: SourceFile, node: YamlNode): Condition | null {
  const fields = openFields(file, node, '`match`', { known: OPERATORS })
  if (fields === null) return null
  const present = OPERATORS.filter((operator) => fields.entries.has(operator))
  const [operator] = present
  if (operator === undefined || present.length > 1) {
    const message = '`match` needs exactly one of `expr`, `all`, `any` and `none`'
    report(file, node.at, {
      code: operator === undefined ? 'field_missing' : 'field_conflict',
      message,
    })
    return null
  }
  if (operator === 'expr') {
    const expression = requiredNode(fields, 'expr')
    const parsed = expression === null ? null : parseExpressionNode(file, expression, '`expr`')
    return parsed === null ? null : { kind: 'expr', expression: parsed }
  }
  return parseGroup(fields, operator)
}

function parseGroup(fields: Fields, operator: 'all' | 'any' | 'none'): Condition | null {
  const group = requiredNode(fields, operator)
  if (group === null) return null
  const opened = openFields(fields.file, group, `\`${operator}\``, { known: ['of'] })
  if (opened === null || requiredNode(opened, 'of') === null) return null
  const items = listOf(opened, 'of')
  if (items.length === 0) {
    report(fields.file, group.at, {
      code: 'value_invalid',
      message: `\`of\` of \`${operator}\` must not be empty`,
    })
    return null
  }
  const of = items.map((item) => parseMatch(fields.file, item)).filter((item) => item !== null)
  return of.length === items.length ? { kind: operator, of } : null
}

/** The text of an expression with its place; what it says is checked when policies are compiled. */
export function parseExpressionNode(
  file: SourceFile,
  node: YamlNode,
  what: string,
): Expression | null {
  // `expr: true` is a legal condition that YAML reads as a boolean.
  if (
    node.kind === 'scalar' &&
    (typeof node.value === 'boolean' || typeof node.value === 'number')
  ) {
    return { source: file.text.slice(node.at, node.end), scalar: node }
  }
  const scalar = textScalar(file, node, what)
  return scalar === null ? null : { source: scalar.value, scalar }
}

import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import { openFields, optionalNode } from './fields.ts'
import { parseExpressionNode } from './parse-condition.ts'
import type { Expression, Output } from './tree.ts'

/**
 * Reads `output` of a rule: `when.ruleActivated`, `when.conditionNotMet`, and the deprecated `expr`,
 * which means the first. A block without any expression says nothing and is an error.
 */
export function parseOutput(fields: Fields): Output | null {
  const node = optionalNode(fields, 'output')
  if (node === null) return null
  const name = `\`output\` of ${fields.name}`
  const output = openFields(fields.file, node, name, { known: ['when', 'expr'] })
  if (output === null) return null
  const whenNode = optionalNode(output, 'when')
  const when =
    whenNode === null
      ? null
      : openFields(fields.file, whenNode, '`when`', { known: ['ruleActivated', 'conditionNotMet'] })
  const old = expressionIn(output, 'expr')
  const activated = when === null ? null : expressionIn(when, 'ruleActivated')
  const notMet = when === null ? null : expressionIn(when, 'conditionNotMet')
  if (old !== null && activated !== null) {
    const message = '`expr` means `when.ruleActivated`, which stands there as well'
    report(fields.file, node.at, { code: 'field_conflict', message })
  }
  if (old === null && activated === null && notMet === null) {
    const message = '`output` needs `when.ruleActivated` or `when.conditionNotMet`'
    report(fields.file, node.at, { code: 'field_missing', message })
    return null
  }
  return { activated: activated ?? old, notMet }
}

function expressionIn(fields: Fields, key: string): Expression | null {
  const node = optionalNode(fields, key)
  return node === null ? null : parseExpressionNode(fields.file, node, `\`${key}\``)
}

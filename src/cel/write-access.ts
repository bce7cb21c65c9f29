import { invariant } from '../core/bug.ts'
import type { CodeWriter } from './code-writer.ts'
import { constant, hold, locatedCall, stringCode } from './code-writer.ts'
import { TAGGED_FIELDS } from './tagged-fields.ts'
import type { HasNode, IdentifierNode, IndexNode, SelectNode } from './tree.ts'

export function writeName(writer: CodeWriter, node: IdentifierNode | SelectNode): string {
  const reference = writer.checked.references.get(node.id)
  invariant(reference !== undefined && reference.kind !== 'call', 'a checked name has a reference')
  switch (reference.kind) {
    case 'local':
      return hold(writer, `frame.locals[${reference.slot}]`)
    case 'constant':
      return constant(writer, reference.value)
    case 'variable': {
      const name = stringCode(reference.name)
      const value = hold(writer, `frame.variables[${name}]`)
      const odd = `${value} === undefined || typeof ${value} === 'function'`
      const slow = locatedCall(writer, node, `readVariable(frame, ${name})`)
      writer.lines.push(`if (${odd}) ${value} = ${slow}`)
      return value
    }
  }
}

/**
 * Reads a field. The short way is for plain objects: a value that is there and is not what every
 * object inherits. All that might be different goes through `select`.
 */
export function writeSelect(writer: CodeWriter, node: SelectNode): string {
  if (writer.checked.references.has(node.id)) return writeName(writer, node)
  const owner = hold(writer, writer.write(writer, node.operand))
  const field = stringCode(node.field)
  if (node.optional)
    return hold(writer, locatedCall(writer, node, `selectOptional(${owner}, ${field})`))
  const slow = locatedCall(writer, node, `select(${owner}, ${field})`)
  if (!isPlainField(node.field)) return hold(writer, slow)
  const value = hold(writer, 'undefined')
  const plain = `typeof ${owner} === 'object' && ${owner} !== null${tagCheck(node.field, owner)}`
  writer.lines.push(`if (${plain}) ${value} = ${owner}[${field}]`)
  const inherited = `${value} === undefined || typeof ${value} === 'function' || ${value} === Object.prototype[${field}]`
  writer.lines.push(`if (${inherited}) ${value} = ${slow}`)
  return value
}

/** Names that mean something to JavaScript itself, on objects or arrays, take the long way. */
const isPlainField = (field: string): boolean =>
  field !== '__proto__' && field !== 'length' && !/^[0-9]/.test(field)

/** Values that are no JSON have fields of their own, which are none of the language's. */
const tagCheck = (field: string, owner: string): string =>
  TAGGED_FIELDS.has(field) ? ` && ${owner}[tag] === undefined` : ''

export function writeHas(writer: CodeWriter, node: HasNode): string {
  const owner = writer.write(writer, node.operand)
  return hold(writer, locatedCall(writer, node, `hasField(${owner}, ${stringCode(node.field)})`))
}

export function writeIndex(writer: CodeWriter, node: IndexNode): string {
  const owner = hold(writer, writer.write(writer, node.operand))
  const key = hold(writer, writer.write(writer, node.index))
  const read = node.optional ? 'optionalIndex' : 'index'
  return hold(writer, locatedCall(writer, node, `${read}(${owner}, ${key})`))
}

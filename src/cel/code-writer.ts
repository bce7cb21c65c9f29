import type { CheckedExpression } from './check-expression.ts'
import type { Node, Span } from './tree.ts'

/**
 * The text of a program while it is being written. Whatever comes from the expression is a constant
 * (`c0`, `c1`, ...) that the text only names, so that programs of one shape have one text and no
 * string of a policy becomes code. The exception are names of fields, which are written as JSON.
 */
export type CodeWriter = {
  readonly checked: CheckedExpression
  readonly constants: unknown[]
  /** Lines of the functions that are finished, in the order in which they are needed. */
  readonly declarations: string[]
  /** Lines of the function that is being written. */
  lines: string[]
  temporaries: number
  /** Writes a node and answers with the name or literal that holds its operand. */
  readonly write: (writer: CodeWriter, node: Node) => string
}

export function constant(writer: CodeWriter, value: unknown): string {
  writer.constants.push(value)
  return `c${writer.constants.length - 1}`
}

export function temporary(writer: CodeWriter): string {
  writer.temporaries += 1
  return `t${writer.temporaries}`
}

export const line = (writer: CodeWriter, text: string): void => {
  writer.lines.push(text)
}

/** Declares a temporary with this value and answers with its name. */
export function hold(writer: CodeWriter, value: string): string {
  const name = temporary(writer)
  line(writer, `let ${name} = ${value}`)
  return name
}

/** A call whose error gets the span of the node. */
export const locatedCall = (writer: CodeWriter, { start, end }: Span, call: string): string =>
  `at(${call}, ${constant(writer, { start, end })})`

/**
 * A string as an expression of JavaScript. JSON is not quite a subset of what old engines read, so
 * the two line separators are escaped as well.
 */
export const stringCode = (text: string): string =>
  JSON.stringify(text)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)

/** Writes a node as a function of its own and answers with the function's name. */
export function writeFunction(writer: CodeWriter, node: Node): string {
  const outer = writer.lines
  writer.lines = []
  const result = writer.write(writer, node)
  const body = writer.lines
  writer.lines = outer
  writer.temporaries += 1
  const name = `f${writer.temporaries}`
  writer.declarations.push(`const ${name} = (frame) => {`, ...body, `return ${result}`, '}')
  return name
}

import { assignable, instantiate } from './assignable.ts'
import { dottedName } from './check-names.ts'
import { checkLiterals } from './check-literals.ts'
import type { Checker } from './checker.ts'
import { report } from './checker.ts'
import { closestName } from './closest-name.ts'
import type { Overload } from './overload.ts'
import type { CallNode, Node, Span } from './tree.ts'
import type { CelType } from './type.ts'
import { DYN, typeText } from './type.ts'

/** `f(a)`, `r.f(a)`, or `name.space.f(a)`, whichever the environment knows. */
export function checkCall(checker: Checker, node: CallNode): CelType {
  const { receiver } = node
  const prefix = receiver === null ? null : dottedName(checker, receiver)
  const qualified = prefix === null ? null : `${prefix}.${node.name}`
  const spaced = qualified === null ? undefined : functionsNamed(checker, qualified, false)
  if (qualified !== null && spaced !== undefined) {
    return checkForms(checker, node, { name: qualified, forms: spaced, args: node.args })
  }
  const args = receiver === null ? node.args : [receiver, ...node.args]
  const forms = functionsNamed(checker, node.name, receiver !== null)
  if (forms !== undefined) return checkForms(checker, node, { name: node.name, forms, args })
  for (const arg of args) checker.checkNode(checker, arg)
  return unknownFunction(checker, node)
}

const functionsNamed = (
  checker: Checker,
  name: string,
  method: boolean,
): readonly Overload[] | undefined => {
  const found = checker.environment.functions.get(name)?.filter((form) => form.method === method)
  return found === undefined || found.length === 0 ? undefined : found
}

type Called = {
  readonly name: string
  readonly forms: readonly Overload[]
  readonly args: readonly Node[]
}

function checkForms(checker: Checker, node: CallNode, called: Called): CelType {
  const types = called.args.map((arg) => checker.checkNode(checker, arg))
  const resolved = resolve(called.forms, types)
  if (resolved === null) return noOverload(checker, node.nameSpan, called.name, called.forms, types)
  checkLiterals(checker, called.name, called.args)
  checker.references.set(node.id, {
    kind: 'call',
    overloads: resolved.overloads,
    args: called.args,
  })
  return resolved.type
}

/** The forms that values of these types may meet, and what they yield; null when there is none. */
export function resolve(
  forms: readonly Overload[],
  types: readonly CelType[],
): { readonly overloads: readonly Overload[]; readonly type: CelType } | null {
  const overloads: Overload[] = []
  let type: CelType | null = null
  for (const form of forms) {
    const bound = new Map<string, CelType>()
    if (form.parameters.length !== types.length) continue
    if (!form.parameters.every((parameter, at) => assignable(parameter, types[at] ?? DYN, bound)))
      continue
    overloads.push(form)
    const result = instantiate(form.result, bound)
    type = type === null || typeText(type) === typeText(result) ? result : DYN
  }
  return type === null ? null : { overloads, type }
}

/** Complains that no form of a function or operator takes these types. */
export function noOverload(
  checker: Checker,
  span: Span,
  name: string,
  forms: readonly Overload[],
  types: readonly CelType[],
): CelType {
  return report(checker, span, {
    code: 'no_matching_overload',
    message: `found no matching overload for \`${name}\` applied to (${types.map(typeText).join(', ')})`,
    hint: overloadHint(name, forms, types),
  })
}

const SHOWN_FORMS_MAX = 4

function overloadHint(name: string, forms: readonly Overload[], types: readonly CelType[]): string {
  if (types.length === 2 && (name === '==' || name === '!=')) {
    return 'both sides must have one type; convert one of them, for example with `double(x)`'
  }
  const shown = forms
    .slice(0, SHOWN_FORMS_MAX)
    .map((form) => `(${form.parameters.map(typeText).join(', ')})`)
  return `it takes ${shown.join(' or ')}${forms.length > SHOWN_FORMS_MAX ? ', among others' : ''}`
}

function unknownFunction(checker: Checker, node: CallNode): CelType {
  const known = checker.environment.functions.get(node.name)
  return report(checker, node.nameSpan, {
    code: 'unknown_function',
    message: `undeclared reference to function \`${node.name}\``,
    ...unknownHint(checker, node, known),
  })
}

function unknownHint(
  checker: Checker,
  node: CallNode,
  known: readonly Overload[] | undefined,
): { readonly hint?: string } {
  const form = known?.[0]
  if (form !== undefined) {
    const written = form.method ? `value.${node.name}(...)` : `${node.name}(...)`
    return { hint: `it is written \`${written}\`` }
  }
  const close = closestName(node.name, checker.environment.functions.keys())
  return close === null ? {} : { hint: `did you mean \`${close}\`` }
}

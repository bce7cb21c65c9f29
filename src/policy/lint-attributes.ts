import { compileExpression } from '../cel/compile-expression.ts'
import { policyEnvironment } from '../cel/policy-environment.ts'
import { schemaRefOf } from './compile-schemas.ts'
import type { SourceFile } from './diagnostic.ts'
import { isPattern } from './glob.ts'
import type { PlacedExpression } from './lint-expressions.ts'
import { expressionsOf } from './lint-expressions.ts'
import type { LintWarning } from './lint-warning.ts'
import { warningAt } from './lint-warning.ts'
import { matchesName, nameMatcher } from './match-names.ts'
import { resourceKey } from './names.ts'
import { positionInScalar } from './position-in-scalar.ts'
import type { SchemaGap } from './schema-gap.ts'
import { schemaGap } from './schema-gap.ts'
import type { Expression, PolicyTree, ResourcePolicy, SchemaRef } from './tree.ts'

/** Attributes that a policy reads and that its schemas do not have. */
export function lintAttributes(
  trees: readonly PolicyTree[],
  schemaFiles: readonly { readonly path: string; readonly text: string }[],
): readonly LintWarning[] {
  const schemas = new Map(schemaFiles.map(({ path, text }) => [schemaRefOf(path), readJson(text)]))
  if (schemas.size === 0) return []
  const readsOf = readsOfExpressions()
  const policies = trees.filter((tree) => tree.kind === 'resource')
  const warnings = policies.flatMap((policy) => {
    const declaring = declaringPolicy(policies, policy)
    if (declaring.principalSchema === null && declaring.resourceSchema === null) return []
    return expressionsOf(trees, policy, readsOf).flatMap((one) =>
      readsOf(one.expression).flatMap((path) => warningsOf(declaring, schemas, one, path)),
    )
  })
  // What several policies import is theirs to read and one author's to correct.
  const key = ({ file, line, column, message }: LintWarning): string =>
    JSON.stringify([file, line, column, message])
  return [...new Map(warnings.map((warning) => [key(warning), warning])).values()]
}

/** What a schema file holds. One that is no JSON says nothing here: compiling reports it. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The paths of an expression; each text is compiled once. */
function readsOfExpressions(): (expression: Expression) => readonly (readonly string[])[] {
  const environment = policyEnvironment()
  const known = new Map<string, readonly (readonly string[])[]>()
  return ({ source }) => {
    const found = known.get(source)
    if (found !== undefined) return found
    const compiled = compileExpression(source, environment)
    const reads = compiled.ok ? compiled.value.reads : []
    known.set(source, reads)
    return reads
  }
}

/** The schemas of a policy without a scope count for every scope below it. */
function declaringPolicy(
  policies: readonly ResourcePolicy[],
  policy: ResourcePolicy,
): ResourcePolicy {
  const wanted = resourceKey(policy.resource, policy.version, '')
  const root = policies.find(
    (one) =>
      one.scope === '' &&
      (one.principalSchema !== null || one.resourceSchema !== null) &&
      resourceKey(one.resource, one.version, '') === wanted,
  )
  return root ?? policy
}

function warningsOf(
  { principalSchema, resourceSchema }: ResourcePolicy,
  schemas: ReadonlyMap<string, unknown>,
  one: PlacedExpression,
  path: readonly string[],
): readonly LintWarning[] {
  const length = path[0] === 'request' ? 3 : 2
  const [root = '', attr = ''] = path.slice(length - 2)
  const schema =
    root === 'P' || root === 'principal'
      ? principalSchema
      : root === 'R' || root === 'resource'
        ? resourceSchema
        : null
  if (attr !== 'attr' || schema === null || !counts(schema, one.actions)) return []
  const gap = schemaGap(schemas.get(schema.ref), path.slice(length))
  return gap === null ? [] : [warningOf(schema, one, path.slice(0, length + gap.step + 1), gap)]
}

/** Whether the schema is asked for every action that the expression is about (null: any action). */
function counts({ ignoredActions }: SchemaRef, actions: readonly string[] | null): boolean {
  if (ignoredActions.length === 0) return true
  const ignored = nameMatcher(ignoredActions)
  return actions !== null && !actions.some((name) => isPattern(name) || matchesName(ignored, name))
}

/** More names than a reader looks through do not help. */
const HINT_NAMES_MAX = 10

function warningOf(
  { ref }: SchemaRef,
  { file, expression }: PlacedExpression,
  path: readonly string[],
  { closed, closest, declared }: SchemaGap,
): LintWarning {
  const says = closed ? 'does not allow' : 'does not declare'
  const message = `\`${written(path)}\` is an attribute that \`${ref}\` ${says}`
  const few = declared.slice(0, HINT_NAMES_MAX).map((name) => `\`${name}\``)
  const names = few.length < declared.length ? [...few, '…'] : few
  const listed = names.length === 0 ? [] : [`declared there are: ${names.join(', ')}`]
  const [hint] = closest === null ? listed : [`did you mean \`${closest}\`?`]
  return warningAt(file, placeOf(file, expression, path), {
    code: 'attribute_unknown',
    message,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** A path as an expression spells it. */
const written = ([root = '', ...steps]: readonly string[]): string =>
  root +
  steps.map((name) => (/^\w+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`)).join('')

/** Where the last step of a path first stands in the expression; its beginning if that is not found. */
function placeOf(
  file: SourceFile,
  { source, scalar }: Expression,
  [root = '', ...steps]: readonly string[],
): number {
  const opens = '\\s*(?:\\.\\s*(?:\\?\\s*)?`?|\\[\\s*(?:\\?\\s*)?["\'])'
  const closes = '(?:["\']\\s*\\]|`)?(?!\\w)'
  const texts = steps.map((name) => name.replaceAll(/\W/g, '\\$&'))
  const before = texts.slice(0, -1).map((text) => opens + text + closes)
  const pattern = `(\\b${root}${before.join('')}${opens})${texts.at(-1) ?? ''}${closes}`
  const match = new RegExp(pattern).exec(source)
  if (match === null) return scalar.at
  const head = source.slice(0, match.index + (match[1] ?? '').length)
  const lines = head.split('\n')
  return positionInScalar(file, scalar, lines.length, (lines.at(-1) ?? '').length + 1)
}

import type { JsonObject } from '../core/json.ts'
import { foldName } from '../policy/names.ts'
import { matchesName } from '../policy/match-names.ts'
import type { CompiledSchema, CompiledSchemas } from '../policy/release.ts'
import type { Evaluation } from './evaluation.ts'
import { versionOf } from './find-tables.ts'
import type { Denial } from './verdict.ts'

/** Where attributes do not fit their schema. `path` is a JSON pointer, `/` for the attributes as a whole. */
export type SchemaProblem = {
  readonly path: string
  readonly message: string
  readonly source: 'SOURCE_PRINCIPAL' | 'SOURCE_RESOURCE'
}

const NO_PROBLEMS: readonly SchemaProblem[] = []

/** Checks the attributes of both sides, unless every action is one that the schema leaves out. */
export function schemaProblems(
  evaluation: Evaluation,
  actions: readonly string[],
): readonly SchemaProblem[] {
  const schemas = schemasOf(evaluation)
  if (schemas === null) return NO_PROBLEMS
  const { principal, ask } = evaluation
  return [
    ...check(schemas.principal, principal.attr, actions, 'SOURCE_PRINCIPAL'),
    ...check(schemas.resource, ask.resource.attr, actions, 'SOURCE_RESOURCE'),
  ]
}

/** The schemas of the kind that is asked about, when they count at all. */
export function schemasOf({ release, options, ask }: Evaluation): CompiledSchemas | null {
  if (options.schemaEnforcement === 'none' || release.schemas.size === 0) return null
  const { kind, policyVersion } = ask.resource
  const versions = release.schemas.get(kind) ?? release.schemas.get(foldName(kind))
  return versions?.get(versionOf(options, policyVersion)) ?? null
}

function check(
  schema: CompiledSchema | null,
  attr: JsonObject,
  actions: readonly string[],
  source: SchemaProblem['source'],
): readonly SchemaProblem[] {
  if (schema === null) return NO_PROBLEMS
  if (actions.every((action) => matchesName(schema.ignoredActions, action))) return NO_PROBLEMS
  return schema.check(attr).map((problem) => ({ ...problem, source }))
}

/** The denial of an ask whose attributes do not fit, where that is enforced. */
export function schemaDenial(evaluation: Evaluation): Denial | null {
  // What some arguments could repair is no reason to hide what may be called.
  if (evaluation.options.schemaEnforcement !== 'reject' || evaluation.partial) return null
  const problems = schemaProblems(evaluation, [evaluation.ask.action])
  if (problems.length === 0) return null
  const ref = schemasOf(evaluation)?.ref ?? null
  return { effect: 'deny', cause: 'schema', rule: null, ref, from: 'resource' }
}

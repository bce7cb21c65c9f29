import { createHash } from 'node:crypto'
import { epochMillis } from '../../src/core/clock.ts'
import type { Principal } from '../../src/core/identity.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Resource } from '../../src/core/question.ts'
import type { Result } from '../../src/core/result.ts'
import { fail } from '../../src/core/result.ts'
import { checkResource } from '../../src/pdp/check-resource.ts'
import { formatDiagnostic } from '../../src/policy/diagnostic.ts'
import { loadPolicies } from '../../src/policy/load-policies.ts'
import type { CompiledRelease } from '../../src/policy/release.ts'
import type { Answer, Verdict } from './answer.ts'
import type { EngineSetup } from './engine-setup.ts'
import { outputText } from './output-text.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

/** The release, or complaints by path of the file. */
export function loadOurs(setup: EngineSetup): Result<CompiledRelease, ReadonlyMap<string, string>> {
  const isSchema = ({ path }: { readonly path: string }) => path.startsWith('_schemas/')
  const loaded = loadPolicies(
    { sha256 },
    setup.files.filter((file) => !isSchema(file)),
    {
      strictEvaluation: setup.strict,
      schemaEnforcement: setup.schemas,
      schemas: setup.files.filter(isSchema),
      globals: setup.globals,
    },
  )
  if (loaded.ok) return loaded
  return fail(new Map(loaded.error.map((problem) => [problem.file, formatDiagnostic(problem)])))
}

/** A request of the Cerbos API as far as it concerns a decision. */
type CheckRequest = {
  readonly principal: Principal
  readonly resources: readonly {
    readonly actions: readonly string[]
    readonly resource: Resource
  }[]
}

/** Answers the JSON text of a request as the other engine's API would. */
export function checkOurs(release: CompiledRelease, body: string): readonly Answer[] {
  const { principal, resources } = JSON.parse(body) as CheckRequest
  const now = epochMillis(Date.now())
  return resources.map(({ actions, resource }) => {
    const asked = { principal, resource, actions, auxData: NO_AUX_DATA, now }
    const result = checkResource(release, release.options, asked)
    return {
      actions: new Map(
        result.actions.map(({ action, effect, matchedPolicy, matchedScope }): [string, Verdict] => [
          action,
          { effect, matched: `${matchedPolicy} in scope \`${matchedScope}\`` },
        ]),
      ),
      derivedRoles: result.effectiveDerivedRoles.toSorted(),
      outputs: result.outputs.map(outputText).sort(),
      validationErrors: result.validationErrors
        .map(({ source, path, message }) => `${source} ${path}: ${message}`)
        .sort(),
    }
  })
}

const NO_AUX_DATA: JsonObject = { jwt: {} }

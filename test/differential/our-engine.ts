import { createHash } from 'node:crypto'
import { epochMillis } from '../../src/core/clock.ts'
import type { DecisionCaller, Principal } from '../../src/core/identity.ts'
import { DEFAULT_TENANT } from '../../src/core/ids.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Context, Resource } from '../../src/core/question.ts'
import type { Result } from '../../src/core/result.ts'
import { fail } from '../../src/core/result.ts'
import { decide } from '../../src/pdp/decide.ts'
import { formatDiagnostic } from '../../src/policy/diagnostic.ts'
import { loadPolicies } from '../../src/policy/load-policies.ts'
import type { CompiledRelease } from '../../src/policy/release.ts'
import type { Answer, Verdict } from './answer.ts'
import type { StoreFile } from './cerbos-server.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

/** The release, or complaints by path of the file. */
export function loadOurs(
  files: readonly StoreFile[],
): Result<CompiledRelease, ReadonlyMap<string, string>> {
  const loaded = loadPolicies({ sha256 }, files)
  if (loaded.ok) return loaded
  return fail(new Map(loaded.error.map((problem) => [problem.file, formatDiagnostic(problem)])))
}

const CALLER: DecisionCaller = {
  kind: 'decision_caller',
  tenant: DEFAULT_TENANT,
  id: 'differential',
  assurance: 'local',
}

/** A request of the Cerbos API as far as it concerns a decision. */
export type CheckRequest = {
  readonly principal: Principal
  readonly resources: readonly {
    readonly actions: readonly string[]
    readonly resource: Resource
  }[]
}

/** Answers the JSON text of a request as the other engine's API would. */
export function checkOurs(release: CompiledRelease, body: string): readonly Answer[] {
  const { principal, resources } = JSON.parse(body) as CheckRequest
  const context: Context = {
    time: epochMillis(Date.now()),
    surface: 'cerbos',
    runId: null,
    clientRunId: null,
    environment: 'test',
    clientInfo: null,
  }
  const facts = {
    subject: null,
    actors: [],
    sponsors: [],
    grants: [],
    raised: [],
    asserted: principal,
    auxData: NO_AUX_DATA,
    revisions: { data: 0, revocation: 0 },
  }
  return resources.map(({ actions, resource }) => {
    const verdicts = actions.map((action): [string, Verdict] => {
      const decision = decide(
        release,
        { caller: CALLER, ask: { action, resource }, context },
        facts,
      )
      const basis = decision.basis.find(({ factor }) => factor === 'subject')
      const effect = decision.effect === 'allow' ? 'EFFECT_ALLOW' : 'EFFECT_DENY'
      return [action, { effect, matched: basis?.policy ?? '' }]
    })
    return { actions: new Map(verdicts) }
  })
}

const NO_AUX_DATA: JsonObject = { jwt: {} }

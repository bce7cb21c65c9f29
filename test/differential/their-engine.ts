import type { Answer, Verdict } from './answer.ts'
import type { CerbosServer } from './cerbos-server.ts'

type CheckResponse = {
  readonly results: readonly {
    readonly actions: Readonly<Record<string, Verdict['effect']>>
    readonly validationErrors?: readonly {
      readonly path?: string
      readonly source: string
    }[]
    readonly outputs?: readonly object[]
    readonly meta?: {
      readonly actions?: Readonly<Record<string, { readonly matchedPolicy: string }>>
      readonly effectiveDerivedRoles?: readonly string[]
    }
  }[]
}

/** Asks the Cerbos program. */
export async function checkTheirs(server: CerbosServer, body: string): Promise<readonly Answer[]> {
  const response = JSON.parse(await server.check(body)) as CheckResponse
  return response.results.map((result) => ({
    actions: new Map(
      Object.entries(result.actions).map(([action, effect]): [string, Verdict] => [
        action,
        { effect, matched: result.meta?.actions?.[action]?.matchedPolicy ?? '' },
      ]),
    ),
    derivedRoles: [...(result.meta?.effectiveDerivedRoles ?? [])].sort(),
    outputs: (result.outputs ?? []).map((output) => JSON.stringify(output)).sort(),
    validationErrors: (result.validationErrors ?? [])
      .map(({ source, path = '' }) => `${source} ${path}`)
      .sort(),
  }))
}

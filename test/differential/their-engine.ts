import type { Answer, Verdict } from './answer.ts'
import type { CerbosServer } from './cerbos-server.ts'
import type { Output } from './output-text.ts'
import { outputText } from './output-text.ts'

type MatchedBy = { readonly matchedPolicy: string; readonly matchedScope?: string }

type CheckResponse = {
  readonly results: readonly {
    readonly actions: Readonly<Record<string, Verdict['effect']>>
    readonly validationErrors?: readonly {
      readonly path?: string
      readonly message?: string
      readonly source: string
    }[]
    readonly outputs?: readonly Output[]
    readonly meta?: {
      readonly actions?: Readonly<Record<string, MatchedBy>>
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
        { effect, matched: matchedText(result.meta?.actions?.[action]) },
      ]),
    ),
    derivedRoles: [...(result.meta?.effectiveDerivedRoles ?? [])].sort(),
    outputs: (result.outputs ?? []).map(outputText).sort(),
    validationErrors: (result.validationErrors ?? [])
      .map(({ source, path = '', message = '' }) => `${source} ${path}: ${message}`)
      .sort(),
  }))
}

const matchedText = ({ matchedPolicy = '', matchedScope = '' }: Partial<MatchedBy> = {}): string =>
  `${matchedPolicy} in scope \`${matchedScope}\``

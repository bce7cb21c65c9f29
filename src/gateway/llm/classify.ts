import type { Classified, Classify, InboundCall } from '../../core/path.ts'
import { reason } from '../../core/reason.ts'
import { fail, ok } from '../../core/result.ts'
import { operationAt, type Operation } from './operation.ts'
import { audienceOf, type Catalogue, type Dialect, type Provider } from './provider.ts'

/** A model call, as far as its request line tells. */
export type LlmClassified = Classified & {
  readonly provider: Provider
  readonly operation: Operation
}

/**
 * Places a call by its request line alone. `/llm/<provider>/...` names the provider, `/v1/...`
 * means the default one. Fails with `not_found` for an unknown provider and with `unsupported` for
 * an operation that has no row.
 */
export const createClassify =
  (catalogue: Catalogue): Classify<LlmClassified> =>
  (call) => {
    const { provider, path } = placeOf(catalogue, call.path)
    if (provider === null) return fail(reason('not_found', 'there is no such provider'))
    const operation = operationAt(provider.dialect, call.method, path)
    if (operation === null)
      return fail(reason('unsupported', 'this operation is not offered by the gateway'))
    return ok({
      surface: 'llm',
      expects: 'instance',
      audience: audienceOf(catalogue.publicUrl, provider),
      provider,
      operation,
    })
  }

/** In whose words to answer a call that could not be placed. */
export function dialectOf(catalogue: Catalogue, call: InboundCall): Dialect {
  const { provider } = placeOf(catalogue, call.path)
  if (provider !== null) return provider.dialect
  return call.headers['anthropic-version'] === undefined ? 'openai' : 'anthropic'
}

function placeOf(
  catalogue: Catalogue,
  path: string,
): { readonly provider: Provider | null; readonly path: string } {
  if (!path.startsWith('/llm/')) {
    return { provider: path.startsWith('/v1/') ? catalogue.defaultProvider : null, path }
  }
  const slash = path.indexOf('/', '/llm/'.length)
  const end = slash < 0 ? path.length : slash
  return {
    provider: catalogue.provider(path.slice('/llm/'.length, end)),
    path: path.slice(end),
  }
}

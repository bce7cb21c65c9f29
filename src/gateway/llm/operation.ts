import type { Dialect } from './provider.ts'

/** What is asked of a provider. Everything that has no row in `OPERATIONS` is refused. */
export type Operation =
  | 'chat_completions'
  | 'responses'
  | 'embeddings'
  | 'messages'
  | 'count_tokens'
  | 'list_models'

/** Request line and path (without the optional `/v1`) of every accepted operation. */
const OPERATIONS: Readonly<Record<Dialect, ReadonlyMap<string, Operation>>> = {
  openai: new Map<string, Operation>([
    ['POST /chat/completions', 'chat_completions'],
    ['POST /responses', 'responses'],
    ['POST /embeddings', 'embeddings'],
    ['GET /models', 'list_models'],
  ]),
  anthropic: new Map<string, Operation>([
    ['POST /messages', 'messages'],
    ['POST /messages/count_tokens', 'count_tokens'],
    ['GET /models', 'list_models'],
  ]),
}

/**
 * Finds the operation of a request line. `path` begins after the provider and may or may not begin
 * with `/v1`, as the official clients send it. Compared as bytes: an escaped or doubled slash is
 * another path.
 */
export function operationAt(dialect: Dialect, method: string, path: string): Operation | null {
  const bare = path.startsWith('/v1/') ? path.slice('/v1'.length) : path
  return OPERATIONS[dialect].get(`${method} ${bare}`) ?? null
}

/** Where the operation lives below the provider's base URL. */
export function upstreamPathOf(operation: Exclude<Operation, 'list_models'>): string {
  switch (operation) {
    case 'chat_completions':
      return '/chat/completions'
    case 'responses':
      return '/responses'
    case 'embeddings':
      return '/embeddings'
    case 'messages':
      return '/v1/messages'
    case 'count_tokens':
      return '/v1/messages/count_tokens'
  }
}

import type { JsonObject } from '../../core/json.ts'
import type { Dialect } from './provider.ts'

/** The statuses with which this gateway itself answers a model call. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 413 | 429 | 502 | 503

/** What went wrong, before it is said in a provider's words. */
export type NativeError = {
  readonly status: ErrorStatus
  /** A code for programs: one of `core/reason.ts`. */
  readonly code: string
  readonly message: string
  /** The denial object of CONTRACTS 4. */
  readonly denial: JsonObject
}

/**
 * The body of an error as the provider would write it, so that its official clients raise their
 * own kind of error with our message. The denial object travels as `error.reeve`: both clients keep
 * the `error` member they received (openai as `err.error.reeve`, Anthropic's as
 * `err.error.error.reeve`).
 */
export function nativeError(dialect: Dialect, error: NativeError): JsonObject {
  const { message, denial } = error
  switch (dialect) {
    case 'openai':
      return {
        error: {
          message,
          type: openaiTypeOf(error.status),
          param: null,
          code: error.code === 'not_found' ? 'model_not_found' : error.code,
          reeve: denial,
        },
      }
    case 'anthropic':
      return {
        type: 'error',
        error: { type: anthropicTypeOf(error.status), message, reeve: denial },
      }
  }
}

function openaiTypeOf(status: ErrorStatus): string {
  switch (status) {
    case 400:
    case 404:
    case 413:
      return 'invalid_request_error'
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 429:
      return 'rate_limit_error'
    case 502:
    case 503:
      return 'server_error'
  }
}

function anthropicTypeOf(status: ErrorStatus): string {
  switch (status) {
    case 400:
      return 'invalid_request_error'
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 502:
      return 'api_error'
    case 503:
      return 'overloaded_error'
  }
}

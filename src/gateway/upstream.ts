import type { Agent, Dispatcher } from 'undici'
import { reason, type Reason } from '../core/reason.ts'
import type { Outcome } from '../core/record.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { exchange } from './exchange.ts'

/** A request that we send upstream: every header of it was chosen by us. */
export type UpstreamRequest = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
  /** Aborting it closes the connection upstream, also while the body of the reply is read. */
  readonly signal: AbortSignal
  /** Milliseconds until the headers of the reply must be there; a tool may work for minutes. */
  readonly headersTimeoutMs: number
  /** Milliseconds that may pass between two chunks of the reply; 0 waits for as long as it takes. */
  readonly idleTimeoutMs: number
}

/** A reply whose body has not been read. Header names are lower case, hop-by-hop ones are gone. */
export type UpstreamReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Read it once, to the end or by `return`, or call `discard`. Throws what `failureOf` explains. */
  readonly body: AsyncIterable<Uint8Array>
  /** Gives the connection up without reading the body. */
  readonly discard: () => void
}

/** Why there is no reply, or no whole one, and whether a byte of the request may have left. */
export type UpstreamFailure = {
  readonly sent: 'no' | 'maybe'
  readonly ended: Extract<Outcome['ended'], 'client_closed' | 'upstream_error' | 'timeout'>
  readonly reason: Reason
}

/** Sends a request once. It never retries, follows no redirect and never throws. */
export type SendUpstream = (
  request: UpstreamRequest,
) => Promise<Result<UpstreamReply, UpstreamFailure>>

/**
 * How the application opens the agent given to `createUpstream`. HTTP/1.1 only: one request at a
 * time on a connection, so that a failure concerns one call and an abort closes exactly that one.
 */
export const UPSTREAM_AGENT_OPTIONS: Agent.Options = {
  allowH2: false,
  pipelining: 1,
  /** Sockets per origin; further calls wait for one. */
  connections: 256,
  connectTimeout: 5000,
  keepAliveTimeout: 4000,
  maxHeaderSize: 32 * 1024,
}

/** Sends requests through one undici dispatcher, which the application opens and closes. */
export const createUpstream =
  (deps: { readonly dispatcher: Dispatcher }): SendUpstream =>
  async ({ method, url, headers, body, signal, headersTimeoutMs, idleTimeoutMs }) => {
    if (signal.aborted) return fail(failure('no', 'client_closed', CLIENT_GONE))
    try {
      const { origin, pathname, search } = new URL(url)
      const reply = await exchange(
        deps.dispatcher,
        {
          origin,
          path: pathname + search,
          method,
          headers,
          body,
          headersTimeout: headersTimeoutMs,
          bodyTimeout: idleTimeoutMs,
        },
        signal,
      )
      return ok({ ...reply, headers: replyHeaders(reply.headers) })
    } catch (error) {
      return fail(failureOf(error, signal))
    }
  }

/** Says what an error of `undici` or of a socket means for the call. */
export function failureOf(error: unknown, signal: AbortSignal): UpstreamFailure {
  const code = codeOf(error)
  const sent = NEVER_SENT.has(code) ? 'no' : 'maybe'
  if (signal.aborted) return failure(sent, 'client_closed', CLIENT_GONE)
  if (TIMEOUTS.has(code)) return failure(sent, 'timeout', 'the upstream did not answer in time')
  if (sent === 'no') return failure(sent, 'upstream_error', 'the upstream cannot be reached')
  return failure(sent, 'upstream_error', 'the upstream closed the connection early')
}

/** Headers of `source` whose names are in `names` or start with one of `prefixes` (lower case). */
export function pickHeaders(
  source: Readonly<Record<string, string>>,
  names: ReadonlySet<string>,
  prefixes: readonly string[] = [],
): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name in source) {
    const value = source[name]
    if (value === undefined) continue
    if (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) picked[name] = value
  }
  return picked
}

const CLIENT_GONE = 'the client closed the connection'

const failure = (
  sent: UpstreamFailure['sent'],
  ended: UpstreamFailure['ended'],
  detail: string,
): UpstreamFailure => ({ sent, ended, reason: reason('upstream_unavailable', detail) })

/** Codes that occur only before the first byte of a request is written. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_CLOSED',
  'ERR_INVALID_URL',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
])

const TIMEOUTS: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
])

/** An attempt over several addresses fails with one error that holds the others. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

/** Connection headers of RFC 9110 §7.6.1, and those that only make sense between us and the upstream. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function replyHeaders(
  raw: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name in raw) {
    const value = raw[name]
    if (value === undefined || HOP_BY_HOP.has(name)) continue
    headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return headers
}

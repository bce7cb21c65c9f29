import { hash } from 'node:crypto'
import type { Digest } from '../core/ids.ts'
import type { Json } from '../core/json.ts'
import type { InboundCall } from '../core/path.ts'
import { readJson, type ReadJsonOptions } from '../core/read-json.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'

/** A JSON body as it came and as it was understood: what is decided is what is sent (SECURITY 14). */
export type JsonBody = {
  readonly bytes: Uint8Array
  readonly value: Json
  /** Of the bytes as they came. */
  readonly digest: Digest
}

/**
 * Reads a request body that must be JSON, strictly and whole. Fails with `malformed` when it is
 * announced as something else or compressed, longer than `bytesMax`, or not one JSON value.
 */
export async function readJsonBody(
  call: Pick<InboundCall, 'headers' | 'body'>,
  bytesMax: number,
  options: ReadJsonOptions = {},
): Promise<Result<JsonBody, Reason>> {
  if (!JSON_TYPE.test(call.headers['content-type'] ?? '')) return NOT_JSON
  const encoding = call.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return COMPRESSED
  const bytes = await call.body(bytesMax)
  if (!bytes.ok) return bytes
  const value = readJson(bytes.value, options)
  if (!value.ok) return value
  const digest = `sha256:${hash('sha256', bytes.value, 'base64url')}` as Digest
  return ok({ bytes: bytes.value, value: value.value, digest })
}

/** How the detail of `malformed` begins when a body is too long; HTTP surfaces answer it with 413. */
export const BODY_TOO_LARGE: string = 'the body is too large'

export const isTooLarge = (why: Reason): boolean =>
  why.code === 'malformed' && why.detail.startsWith(BODY_TOO_LARGE)

/** `application/json`, by itself or with a UTF-8 charset. */
const JSON_TYPE = /^application\/json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i

const NOT_JSON: Result<never, Reason> = fail(
  reason('malformed', 'the body must be sent as `application/json`'),
)
const COMPRESSED: Result<never, Reason> = fail(
  reason('malformed', 'compressed request bodies are refused'),
)

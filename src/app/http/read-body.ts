import type { IncomingMessage } from 'node:http'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { BODY_TOO_LARGE } from '../../gateway/json-body.ts'

const EMPTY = new Uint8Array(0)

/**
 * Reads a request body whole. Fails with `malformed` when it is longer than `bytesMax`, and when
 * the client went away or sent fewer bytes than it announced.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Result<Uint8Array, Reason>> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > bytesMax) return Promise.resolve(tooLarge(bytesMax))
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let length = 0
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.byteLength
      if (length <= bytesMax) return void chunks.push(chunk)
      request.pause()
      resolve(tooLarge(bytesMax))
    })
    request.on('end', () => {
      const [first = EMPTY] = chunks
      resolve(ok(chunks.length < 2 ? first : Buffer.concat(chunks, length)))
    })
    const cut = (): void => resolve(fail(reason('malformed', 'the body ended before its announced length')))
    request.on('error', cut)
    request.on('aborted', cut)
  })
}

const tooLarge = (bytesMax: number): Result<Uint8Array, Reason> =>
  fail(reason('malformed', `${BODY_TOO_LARGE}: at most ${bytesMax} bytes are read`))

import type { IncomingMessage } from 'node:http'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { BODY_TOO_LARGE } from '../../gateway/json-body.ts'

const EMPTY = new Uint8Array(0)

/**
 * Reads a request body whole. Fails with `malformed` when it is longer than `bytesMax`, and when
 * the client went away or sent fewer bytes than it announced. What is beyond stays unread.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Result<Uint8Array, Reason>> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > bytesMax) return Promise.resolve(tooLarge(bytesMax))
  if (request.destroyed) return Promise.resolve(CUT)
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let length = 0
    const finish = (result: Result<Uint8Array, Reason>): void => {
      request.off('data', take).off('end', end).off('close', cut)
      resolve(result)
    }
    const take = (chunk: Uint8Array): void => {
      length += chunk.byteLength
      if (length <= bytesMax) return void chunks.push(chunk)
      request.pause()
      finish(tooLarge(bytesMax))
    }
    const end = (): void => {
      const [first = EMPTY] = chunks
      finish(ok(chunks.length < 2 ? first : Buffer.concat(chunks, length)))
    }
    const cut = (): void => finish(CUT)
    request.on('data', take).on('end', end).on('close', cut)
    // An error is always followed by `close`; without a listener it would end the process.
    request.on('error', () => {})
  })
}

const CUT: Result<never, Reason> = fail(
  reason('malformed', 'the body ended before its announced length'),
)

const tooLarge = (bytesMax: number): Result<never, Reason> =>
  fail(reason('malformed', `${BODY_TOO_LARGE}: at most ${bytesMax} bytes are read`))

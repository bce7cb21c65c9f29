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
    const take = (chunk: Uint8Array): void => {
      length += chunk.byteLength
      if (length <= bytesMax) return void chunks.push(chunk)
      request.off('data', take).pause()
      resolve(tooLarge(bytesMax))
    }
    request.on('data', take)
    request.on('end', () => {
      const [first = EMPTY] = chunks
      resolve(ok(chunks.length < 2 ? first : Buffer.concat(chunks, length)))
    })
    // After the end it says nothing new, and a promise is settled once.
    request.on('close', () => resolve(CUT))
    request.on('error', ignore)
  })
}

/** An error is always followed by `close`; without a listener it would end the process. */
const ignore = (): void => {}

const CUT: Result<never, Reason> = fail(
  reason('malformed', 'the body ended before its announced length'),
)

const tooLarge = (bytesMax: number): Result<never, Reason> =>
  fail(reason('malformed', `${BODY_TOO_LARGE}: at most ${bytesMax} bytes are read`))

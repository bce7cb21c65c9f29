import { createHash } from 'node:crypto'
import type { Clock, EpochMillis } from '../core/clock.ts'
import type { Digest } from '../core/ids.ts'
import type { Sink } from '../core/path.ts'
import type { Outcome } from '../core/record.ts'
import { failureOf } from './upstream.ts'

/** A reply on its way to the client, chunk by chunk. */
export type Relayed = {
  /** Status of the upstream's reply. */
  readonly status: number
  /** Breaking off the iteration must close the upstream's body (`AsyncIterator.return`). */
  readonly chunks: AsyncIterable<Uint8Array>
  /** The inbound call's signal: aborted when the client went away. */
  readonly signal: AbortSignal
  readonly startedAt: EpochMillis
  /** More bytes than this end the reply as `upstream_error`. */
  readonly bytesMax: number
  /** Asked when the chunks have ended by themselves: what the surface saw in them, or null. */
  readonly verdict?: () => Verdict | null
}

/** What a surface that reads along knows better than the status: a replaced answer, a missing end. */
export type Verdict = Pick<Outcome, 'effect' | 'ended'>

/**
 * Passes chunks on as they come, and tells at the end what was sent: status, bytes, digest of the
 * bytes as the client got them, and why it ended. Total: a failure is an outcome. When `ended` is
 * not `end` or `refused`, the client must not be told that the reply is whole.
 */
export const relay =
  (deps: { readonly clock: Clock }, relayed: Relayed): ((sink: Sink) => Promise<Outcome>) =>
  async (sink) => {
    const { status, chunks, signal, startedAt, bytesMax } = relayed
    const hash = createHash('sha256')
    let bytesSent = 0
    let ended: Outcome['ended'] = 'end'
    try {
      for await (const chunk of chunks) {
        if (bytesSent + chunk.byteLength > bytesMax) {
          ended = 'upstream_error'
          break
        }
        if (!(await written(sink, chunk))) {
          ended = 'client_closed'
          break
        }
        hash.update(chunk)
        bytesSent += chunk.byteLength
      }
    } catch (error) {
      ended = failureOf(error, signal).ended
    }
    const verdict = ended === 'end' ? (relayed.verdict?.() ?? null) : null
    return {
      effect: effectOf(ended, status),
      ended,
      ...verdict,
      status,
      bytesSent,
      durationMs: deps.clock.now() - startedAt,
      responseHash: `sha256:${hash.digest('base64url')}` as Digest,
    }
  }

async function written(sink: Sink, chunk: Uint8Array): Promise<boolean> {
  try {
    await sink.write(chunk)
    return true
  } catch {
    return false
  }
}

/** A reply that broke off says nothing about whether the upstream did what was asked. */
function effectOf(ended: Outcome['ended'], status: number): Outcome['effect'] {
  switch (ended) {
    case 'end':
      return status < 400 ? 'completed' : 'failed'
    case 'refused':
      return 'failed'
    case 'client_closed':
    case 'upstream_error':
    case 'timeout':
      return 'unknown'
  }
}

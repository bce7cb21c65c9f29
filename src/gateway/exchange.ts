import type { Dispatcher } from 'undici'

/** A reply whose head has come; names and values of its headers are as the upstream sent them. */
export type Incoming = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Read it once; breaking off closes the connection. Throws what broke the reply off. */
  readonly body: AsyncIterable<Uint8Array>
  readonly discard: () => void
}

/** Bytes that wait for a slow reader before the upstream has to wait as well. */
const WAITING_BYTES_MAX = 64 * 1024

/**
 * Sends one request and gives the head of its reply as soon as it is there; rejects with what
 * `undici` says when none comes. It takes the dispatcher's own events: the streams that `request`
 * of `undici` makes of them cost as much as everything else that is done for a small reply.
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<Incoming> {
  return new Promise((resolve, reject) => {
    const body = createBody()
    let control: Dispatcher.DispatchController | null = null
    const abort = (): void => control?.abort(abortReason(signal))
    const over = (): void => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort)
    const fail = (error: unknown): void => {
      over()
      body.end({ error })
      // Means nothing where the head has come already; the body tells it then.
      reject(error)
    }
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        control = controller
        if (signal.aborted) abort()
      },
      onResponseStart: (controller, status, headers) => {
        // Something like 103 only announces the reply.
        if (status < 200) return
        body.open(controller)
        resolve({ status, headers, body: body.chunks, discard: body.discard })
      },
      onResponseData: (_controller, chunk) => body.push(chunk),
      onResponseEnd: () => {
        over()
        body.end(null)
      },
      onResponseError: (_controller, error) => fail(error),
    }
    try {
      dispatcher.dispatch(options, handler)
    } catch (error) {
      fail(error)
    }
  })
}

const abortReason = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new Error('aborted')

type Step = IteratorResult<Uint8Array, undefined>
type Reader = { readonly resolve: (step: Step) => void; readonly reject: (error: unknown) => void }

type Body = {
  readonly open: (controller: Dispatcher.DispatchController) => void
  readonly push: (chunk: Uint8Array) => void
  /** Of itself (null), or because it broke off. */
  readonly end: (how: { readonly error: unknown } | null) => void
  readonly discard: () => void
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Chunks on their way from a socket to one reader, which the socket waits for. */
function createBody(): Body {
  const waiting: Uint8Array[] = []
  let bytesWaiting = 0
  let control: Dispatcher.DispatchController | null = null
  let reader: Reader | null = null
  let ended = false
  let broken: { readonly error: unknown } | null = null

  const discard = (): void => {
    if (!ended) control?.abort(new Error('the rest of the reply is not wanted'))
  }
  const next = (): Promise<Step> => {
    const chunk = waiting.shift()
    if (chunk !== undefined) {
      bytesWaiting -= chunk.byteLength
      if (!ended && bytesWaiting < WAITING_BYTES_MAX) control?.resume()
      return Promise.resolve({ value: chunk, done: false })
    }
    if (broken !== null) return Promise.reject(broken.error)
    if (ended) return Promise.resolve(DONE)
    return new Promise((resolve, reject) => {
      reader = { resolve, reject }
    })
  }
  return {
    open: (controller) => {
      control = controller
    },
    push: (chunk) => {
      if (reader !== null) {
        const { resolve } = reader
        reader = null
        return resolve({ value: chunk, done: false })
      }
      waiting.push(chunk)
      bytesWaiting += chunk.byteLength
      if (bytesWaiting >= WAITING_BYTES_MAX) control?.pause()
    },
    end: (how) => {
      ended = true
      broken = how
      if (how === null) reader?.resolve(DONE)
      else reader?.reject(how.error)
      reader = null
    },
    discard,
    chunks: {
      [Symbol.asyncIterator]: () => ({
        next,
        return: () => {
          discard()
          return Promise.resolve(DONE)
        },
      }),
    },
  }
}

const DONE: Step = { value: undefined, done: true }

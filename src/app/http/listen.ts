import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { fastify } from 'fastify'
import type { Clock } from '../../core/clock.ts'
import type { TenantId } from '../../core/ids.ts'
import type { Handle, InboundCall, Reply } from '../../core/path.ts'
import type { Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { BrokenCall } from '../../gateway/broken-call.ts'
import { guard, type GuardOptions } from './guard.ts'
import { letGo } from './let-go.ts'
import { readBody } from './read-body.ts'
import { writeReply } from './write-reply.ts'

/** One port of ours, open until `close`. */
export type Listener = {
  readonly host: string
  readonly port: number
  readonly close: () => Promise<void>
}

export type ListenOptions = {
  /** What it is called in messages: `data`, `control`, `pdp`. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly tenant: TenantId
  readonly clock: Clock
  readonly guard: (listening: { host: string; port: number }) => GuardOptions
  readonly handle: Handle
  /** Answers what the guard refused; the refusal is recorded there. */
  readonly refused: (call: InboundCall, why: Reason) => Reply
  /** Told of a bug of ours; the client has got 500 and nothing was released. */
  readonly onBug: (error: unknown) => void
}

/** Connections at a time; the kernel queues what comes beyond. */
const CONNECTIONS_MAX = 10_000
/** Time for a client to send its headers, and to send its whole request. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
/** How long an unused connection is kept; longer than clients keep theirs, so that theirs end first. */
const KEEP_ALIVE_MS = 72_000
const HEADER_BYTES_MAX = 32 * 1024

const SERVER_OPTIONS = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  maxHeaderSize: HEADER_BYTES_MAX,
}

/** Opens a port. Fails with a sentence that says which port is taken and how to change it. */
export async function listen(options: ListenOptions): Promise<Result<Listener, string>> {
  let admit: GuardOptions | null = null
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    if (admit === null) request.destroy()
    else void serve(options, admit, request, response)
  }
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    // Fastify opens and closes the port. Every request is taken before it makes objects for it, and
    // before a router or a body parser looks at it: the path does both.
    serverFactory: () => createServer(SERVER_OPTIONS, take),
  })
  app.server.maxConnections = CONNECTIONS_MAX
  try {
    await app.listen({ host: options.host, port: options.port })
  } catch (error) {
    await app.close()
    return fail(listenFailure(options, error))
  }
  const bound = app.server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port
  admit = options.guard({ host: options.host, port })
  return ok({ host: options.host, port, close: () => app.close() })
}

async function serve(
  options: ListenOptions,
  admit: GuardOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const call = inboundCall(options, request, response)
    const refused = guard(admit, request)
    const reply = refused === null ? await options.handle(call) : options.refused(call, refused)
    await writeReply(response, reply)
  } catch (error) {
    options.onBug(error instanceof BrokenCall ? error.cause : error)
    writeBroken(response, error)
  }
  letGo(request)
}

/** The process edge: a bug of ours is a denial, and tells the client nothing but its id. */
function writeBroken(response: ServerResponse, error: unknown): void {
  // What has begun cannot become an error any more; breaking off says that it is not whole.
  if (response.headersSent) return void response.destroy()
  response.writeHead(500, {
    'content-type': 'application/problem+json',
    ...(error instanceof BrokenCall ? { 'reeve-decision-id': error.decisionId } : {}),
  })
  response.end(BROKEN)
}

const BROKEN = JSON.stringify({
  type: 'urn:reeve:reason:evaluation_error',
  title: 'evaluation error',
  status: 500,
  detail: 'the call could not be carried out',
  code: 'evaluation_error',
})

function inboundCall(
  options: ListenOptions,
  request: IncomingMessage,
  response: ServerResponse,
): InboundCall {
  const target = request.url ?? '/'
  const query = target.indexOf('?')
  const aborted = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) aborted.abort()
  })
  return {
    tenant: options.tenant,
    method: request.method ?? 'GET',
    path: query < 0 ? target : target.slice(0, query),
    query: query < 0 ? '' : target.slice(query + 1),
    headers: headersOf(request),
    source: request.socket.remoteAddress ?? '',
    receivedAt: options.clock.now(),
    body: (bytesMax) => readBody(request, bytesMax),
    signal: aborted.signal,
  }
}

/** Node joins repeated headers; of a request only `set-cookie`, which means nothing there, stays a list. */
function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const { 'set-cookie': cookies } = headers
  const plain = cookies === undefined ? headers : { ...headers, 'set-cookie': cookies.join(', ') }
  return plain as Readonly<Record<string, string>>
}

function listenFailure(options: ListenOptions, error: unknown): string {
  const where = `${options.host}:${options.port}`
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  switch (code) {
    case 'EADDRINUSE':
      return `the ${options.name} port ${where} is taken; stop what listens there, or set \`listen.${options.name}\` in reeve.yaml, or start with --listen-${options.name} HOST:PORT`
    case 'EACCES':
      return `this user may not listen on ${where}; choose a port above 1023 in \`listen.${options.name}\``
    default:
      return `cannot listen on ${where} (\`listen.${options.name}\`): ${error instanceof Error ? error.message : 'unknown error'}`
  }
}

import type { InboundCall } from '../core/path.ts'

/** Whether the peer is this machine, by the socket's address and never by a header. */
export const isLoopback = (source: string): boolean =>
  source === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(source)

const PROXY_HEADERS: readonly string[] = ['forwarded', 'via', 'x-real-ip']

/** Whether a proxy passed this request on, so that its peer address says nothing about who asks. */
export const cameThroughProxy = (call: Pick<InboundCall, 'headers'>): boolean =>
  Object.keys(call.headers).some(
    (name) => PROXY_HEADERS.includes(name) || name.startsWith('x-forwarded-'),
  )

import type { IncomingMessage } from 'node:http'
import { reason, type Reason } from '../../core/reason.ts'

/** What a listener accepts before anything of ours looks at a request (SECURITY 6). */
export type GuardOptions = {
  /** Exact values of `Host`, lower case. */
  readonly hosts: ReadonlySet<string>
  /** Exact values of `Origin`: our own pages only. */
  readonly origins: ReadonlySet<string>
  /** Development refuses requests that say they came through a proxy (SECURITY 7). */
  readonly refuseForwarded: boolean
}

/** Headers that must not come twice: two values would have two readers. */
const SINGLE = new Set([
  'authorization',
  'x-api-key',
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'origin',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-session-id',
])

const FORWARDED = /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/

/** Refuses a request by its headers alone, or lets it in (null). */
export function guard(options: GuardOptions, request: IncomingMessage): Reason | null {
  const seen = new Set<string>()
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? '').toLowerCase()
    if (SINGLE.has(name) && seen.has(name))
      return reason('malformed', `the header \`${name}\` came twice`)
    seen.add(name)
    if (options.refuseForwarded && FORWARDED.test(name))
      return reason('malformed', `development mode refuses the header \`${name}\``)
  }
  const { host, origin } = request.headers
  if (host === undefined || !options.hosts.has(host.toLowerCase()))
    return reason('malformed', 'the Host header names no host of this listener')
  if (origin !== undefined && !options.origins.has(origin))
    return reason('malformed', 'requests from this web origin are refused')
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return reason('malformed', 'requests from another web site are refused')
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    return reason('malformed', 'compressed request bodies are refused')
  return null
}

/** The `Host` values under which a listener is known: where it listens, and its public name. */
export function hostsOf(
  listening: { readonly host: string; readonly port: number },
  publicUrl: string | null,
): ReadonlySet<string> {
  const hosts = new Set<string>()
  const local = ['localhost', '127.0.0.1', '[::1]', bracketed(listening.host)]
  for (const host of local) {
    hosts.add(`${host}:${listening.port}`)
    if (listening.port === 80) hosts.add(host)
  }
  if (publicUrl !== null) hosts.add(new URL(publicUrl).host)
  return hosts
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

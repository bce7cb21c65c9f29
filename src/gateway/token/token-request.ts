import type { Json } from '../../core/json.ts'

/** What a body says about who asks and for whom. Secret: it goes to `verify` and nowhere else. */
export type StatedCredentials = {
  readonly assertion: string | null
  readonly clientId: string | null
  readonly subjectToken: string | null
}

/** A request for an instance token, whichever face it came through. */
export type TokenRequest = {
  readonly credentials: StatedCredentials
  /** A tool's name, or the audience itself. */
  readonly target: string
  readonly statedSponsor: string | null
  readonly ttlSeconds: number | null
  readonly purpose: string | null
  /** `authorization_details` as sent. */
  readonly details: Json | undefined
  /** How the reply names the token (RFC 8693 §3). */
  readonly issuedType: string
}

export type Endpoint = 'issue' | 'token'

export function endpointOf(path: string): Endpoint | null {
  if (path === '/issue') return 'issue'
  return path === '/token' ? 'token' : null
}

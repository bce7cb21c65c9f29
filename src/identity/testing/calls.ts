import { epochMillis } from '../../core/clock.ts'
import type { InboundCall } from '../../core/path.ts'
import { ok } from '../../core/result.ts'
import { NOW_SECONDS, TENANT } from './tokens.ts'

/** A request as tests of this room need it. */
export const aCall = (changes: Partial<InboundCall> = {}): InboundCall => ({
  tenant: TENANT,
  method: 'POST',
  path: '/issue',
  query: '',
  headers: {},
  source: '127.0.0.1',
  receivedAt: epochMillis(NOW_SECONDS * 1000),
  body: async () => ok(new Uint8Array()),
  signal: new AbortController().signal,
  ...changes,
})

export const bearer = (token: string): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${token}`,
})

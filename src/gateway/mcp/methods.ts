import type { Era } from './era.ts'

/** What the gateway does with a message of the protocol (SECURITY 16). */
export type Row = {
  readonly method: string
  readonly from: 'client' | 'server'
  readonly shape: 'request' | 'notification'
  readonly era: Era | 'both'
  /**
   * `connect` and `tool` are decided and then forwarded, `list` is answered from the catalogue,
   * `pass` needs no decision of its own because it belongs to a reply that was decided, and
   * `refuse` is never forwarded.
   */
  readonly does: 'connect' | 'tool' | 'list' | 'pass' | 'refuse'
}

type Line = readonly [Row['method'], Row['era'], Row['does']]

const CLIENT_REQUESTS: readonly Line[] = [
  ['initialize', 'legacy', 'connect'],
  ['server/discover', 'modern', 'connect'],
  ['ping', 'legacy', 'connect'],
  ['logging/setLevel', 'legacy', 'connect'],
  ['tools/list', 'both', 'list'],
  ['tools/call', 'both', 'tool'],
  ['prompts/list', 'both', 'refuse'],
  ['prompts/get', 'both', 'refuse'],
  ['resources/list', 'both', 'refuse'],
  ['resources/templates/list', 'both', 'refuse'],
  ['resources/read', 'both', 'refuse'],
  ['resources/subscribe', 'legacy', 'refuse'],
  ['resources/unsubscribe', 'legacy', 'refuse'],
  ['subscriptions/listen', 'modern', 'refuse'],
  ['completion/complete', 'both', 'refuse'],
  ['tasks/get', 'both', 'refuse'],
  ['tasks/cancel', 'both', 'refuse'],
  ['tasks/update', 'modern', 'refuse'],
  ['tasks/list', 'legacy', 'refuse'],
  ['tasks/result', 'legacy', 'refuse'],
]

const CLIENT_NOTIFICATIONS: readonly Line[] = [
  ['notifications/initialized', 'legacy', 'connect'],
  ['notifications/cancelled', 'both', 'connect'],
  ['notifications/progress', 'legacy', 'connect'],
  ['notifications/roots/list_changed', 'legacy', 'connect'],
  ['notifications/tasks/status', 'legacy', 'refuse'],
]

// A server asks the client for something only where the gateway can decide on it; it cannot yet.
const SERVER_REQUESTS: readonly Line[] = [
  ['ping', 'legacy', 'refuse'],
  ['sampling/createMessage', 'both', 'refuse'],
  ['elicitation/create', 'both', 'refuse'],
  ['roots/list', 'both', 'refuse'],
  ['tasks/get', 'legacy', 'refuse'],
  ['tasks/result', 'legacy', 'refuse'],
  ['tasks/list', 'legacy', 'refuse'],
  ['tasks/cancel', 'legacy', 'refuse'],
]

const SERVER_NOTIFICATIONS: readonly Line[] = [
  ['notifications/progress', 'both', 'pass'],
  ['notifications/message', 'both', 'pass'],
  ['notifications/cancelled', 'both', 'pass'],
  ['notifications/tools/list_changed', 'both', 'pass'],
  ['notifications/prompts/list_changed', 'both', 'refuse'],
  ['notifications/resources/list_changed', 'both', 'refuse'],
  ['notifications/resources/updated', 'both', 'refuse'],
  ['notifications/subscriptions/acknowledged', 'modern', 'refuse'],
  ['notifications/elicitation/complete', 'both', 'refuse'],
  ['notifications/tasks/status', 'both', 'refuse'],
]

const rows = (from: Row['from'], shape: Row['shape'], lines: readonly Line[]): readonly Row[] =>
  lines.map(([method, era, does]) => ({ method, from, shape, era, does }))

/** One row for every method of both eras; what has no row is refused as well. */
export const METHODS: readonly Row[] = [
  ...rows('client', 'request', CLIENT_REQUESTS),
  ...rows('client', 'notification', CLIENT_NOTIFICATIONS),
  ...rows('server', 'request', SERVER_REQUESTS),
  ...rows('server', 'notification', SERVER_NOTIFICATIONS),
]

/** The row of a message, or null when its era, sender or shape knows no such method. */
export function rowOf(
  from: Row['from'],
  shape: Row['shape'],
  era: Era,
  method: string,
): Row | null {
  for (const row of METHODS) {
    if (row.method !== method || row.from !== from || row.shape !== shape) continue
    if (row.era === 'both' || row.era === era) return row
  }
  return null
}

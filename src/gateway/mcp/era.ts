/**
 * The two families of the protocol: `legacy` is 2024-11-05 to 2025-11-25, with `initialize` and
 * sessions; `modern` is 2026-07-28, where every request stands alone.
 */
export type Era = 'legacy' | 'modern'

export const MODERN_VERSIONS: readonly string[] = ['2026-07-28']

export const LEGACY_VERSIONS: readonly string[] = [
  '2024-11-05',
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
]

/** Without a version header a legacy request is of this revision (2025-06-18, Transports). */
export const UNNAMED_VERSION: string = '2025-03-26'

/** `_meta` keys of the modern era (2026-07-28, Base protocol). */
export const META_PROTOCOL_VERSION: string = 'io.modelcontextprotocol/protocolVersion'
export const META_CLIENT_CAPABILITIES: string = 'io.modelcontextprotocol/clientCapabilities'
export const META_CLIENT_INFO: string = 'io.modelcontextprotocol/clientInfo'

/** Ours, on every result that passes (CONTRACTS 3). */
export const META_DECISION_ID: string = 'dev.reeve/decision_id'

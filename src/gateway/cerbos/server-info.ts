import type { Reply } from '../../core/path.ts'

/** What the server says about itself to clients of the Cerbos API. */
export type ServerInfo = {
  readonly version: string
  readonly commit: string
  /** RFC 3339, or empty when the build has no date. */
  readonly buildDate: string
}

/** Answers `GET /_cerbos/health`. Whoever can reach the port may know that it serves. */
export const healthReply = (): Reply => jsonReply({ status: 'SERVING' })

/** Answers `GET /api/server_info`. */
export const serverInfoReply = ({ version, commit, buildDate }: ServerInfo): Reply =>
  jsonReply({ version, commit, buildDate })

const jsonReply = (body: unknown): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: new TextEncoder().encode(JSON.stringify(body)),
})

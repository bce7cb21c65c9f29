import type { Digest } from '../core/ids.ts'
import type { Transition } from './transition.ts'

/** Pins the definition that was reviewed, whatever was pinned before (SECURITY 14). */
export const acceptTool = (server: string, tool: string, digest: Digest): Transition => ({
  record: 'tool.accepted',
  changes: [{ kind: 'pin_tool', server, tool, digest }],
})

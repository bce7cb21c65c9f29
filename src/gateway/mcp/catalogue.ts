import { canonicalJson } from '../../core/canonical-json.ts'
import type { EpochMillis } from '../../core/clock.ts'
import type { Digest } from '../../core/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Reason } from '../../core/reason.ts'
import { ok, type Result } from '../../core/result.ts'
import type { Era } from './era.ts'
import { readTools } from './read-tools.ts'
import type { McpServer } from './server.ts'
import type { CheckArguments, CompileSchema } from './tool-schema.ts'
import type { RpcDeps } from './upstream-rpc.ts'

/** One tool as its server defines it. Everything in the definition is untrusted text. */
export type CatalogueTool = {
  readonly name: string
  readonly definition: JsonObject
  readonly inputSchema: JsonObject
  /** Of the canonical JSON of the whole definition. */
  readonly digest: Digest
  /** Compiled at the first call, and then for as long as the definition stays the same. */
  readonly check: () => Result<CheckArguments, Reason>
}

/** By name, in the order of names, so that every list has the same order. */
export type Tools = ReadonlyMap<string, CatalogueTool>

/** The tools of a server as they are now, or were a few seconds ago. Fails with `upstream_unavailable`. */
export type Catalogue = (server: McpServer) => Promise<Result<Tools, Reason>>

/** Something an operator should hear of; never a reason to stop. */
export type CatalogueNotice =
  | { readonly kind: 'tool_ignored'; readonly server: string; readonly tool: string }
  | { readonly kind: 'definition_changed'; readonly server: string; readonly tool: string }
  | { readonly kind: 'unreadable'; readonly server: string; readonly reason: Reason }

export type CatalogueDeps = RpcDeps & {
  readonly compileSchema: CompileSchema
  /** SHA-256 of the text's UTF-8, as `sha256:<base64url>`. */
  readonly digest: (text: string) => Digest
  /** Milliseconds a catalogue is used before it is read again. */
  readonly catalogueTtlMs: number
  readonly report: (notice: CatalogueNotice) => void
}

type Snapshot = {
  readonly tools: Tools
  readonly ignored: ReadonlySet<string>
  readonly era: Era
}

type Entry = {
  readonly snapshot: Snapshot | null
  readonly result: Result<Tools, Reason>
  readonly readAt: EpochMillis
}

/** A server that could not be read is tried again after this, however long the cache keeps. */
const RETRY_AFTER_MS = 1000

/** Reads and keeps the catalogue of every server; concurrent callers share one reading. */
export function createCatalogue(deps: CatalogueDeps): Catalogue {
  const entries = new Map<string, Entry>()
  const reading = new Map<string, Promise<Result<Tools, Reason>>>()

  const refresh = async (server: McpServer): Promise<Result<Tools, Reason>> => {
    const last = entries.get(server.id)?.snapshot ?? null
    const read = await readTools(deps, server, last?.era ?? 'modern')
    const readAt = deps.clock.now()
    if (!read.ok) {
      deps.report({ kind: 'unreadable', server: server.id, reason: read.error })
      entries.set(server.id, { snapshot: last, result: read, readAt })
      return read
    }
    const snapshot = snapshotOf(deps, server, read.value.tools, read.value.era, last)
    const result = ok(snapshot.tools)
    entries.set(server.id, { snapshot, result, readAt })
    return result
  }

  return async (server) => {
    const entry = entries.get(server.id)
    if (entry !== undefined) {
      const keptMs = entry.result.ok
        ? deps.catalogueTtlMs
        : Math.min(deps.catalogueTtlMs, RETRY_AFTER_MS)
      if (deps.clock.now() - entry.readAt < keptMs) return entry.result
    }
    const running = reading.get(server.id)
    if (running !== undefined) return running
    const started = refresh(server).finally(() => reading.delete(server.id))
    reading.set(server.id, started)
    return started
  }
}

function snapshotOf(
  deps: CatalogueDeps,
  server: McpServer,
  listed: readonly Json[],
  era: Era,
  last: Snapshot | null,
): Snapshot {
  const tools = new Map<string, CatalogueTool>()
  const ignored = new Set<string>()
  for (const definition of listed) {
    const name = isJsonObject(definition) ? definition['name'] : undefined
    const inputSchema = isJsonObject(definition) ? definition['inputSchema'] : undefined
    if (!isJsonObject(definition) || typeof name !== 'string') continue
    // Two tools of one name: nobody could say which of them a policy is about.
    if (!isToolName(name) || !isJsonObject(inputSchema) || tools.has(name) || ignored.has(name)) {
      tools.delete(name)
      ignored.add(name)
      continue
    }
    tools.set(name, toolOf(deps, { name, definition, inputSchema }, last))
  }
  for (const tool of ignored) {
    if (last?.ignored.has(tool) === true) continue
    deps.report({
      kind: 'tool_ignored',
      server: server.id,
      tool: tool.slice(0, TOOL_NAME_LENGTH_MAX),
    })
  }
  const ordered = [...tools].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { tools: new Map(ordered), ignored, era }
}

function toolOf(
  deps: CatalogueDeps,
  defined: Pick<CatalogueTool, 'name' | 'definition' | 'inputSchema'>,
  last: Snapshot | null,
): CatalogueTool {
  const digest = deps.digest(canonicalJson(defined.definition))
  const known = last?.tools.get(defined.name)
  if (known?.digest === digest) return known
  let compiled: Result<CheckArguments, Reason> | null = null
  return { ...defined, digest, check: () => (compiled ??= deps.compileSchema(defined.inputSchema)) }
}

/** The protocol suggests 128 characters at most. */
export const TOOL_NAME_LENGTH_MAX: number = 128

const CONTROL = /\p{Cc}/u

/** Names with `:` or `*` would mean something in patterns of policies (CONTRACTS 1). */
export const isToolName = (name: string): boolean =>
  name !== '' && name.length <= TOOL_NAME_LENGTH_MAX && !/[:*]/.test(name) && !CONTROL.test(name)

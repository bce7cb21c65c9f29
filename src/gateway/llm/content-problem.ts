import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { refersUpstream } from './upstream-reference.ts'

/**
 * Looks through what the model is given to read: messages, content parts, results of tools. An
 * entry of an unknown type is `unsupported`, because some types add tools or change the model in
 * the middle of a conversation, and so is a reference to an object made upstream.
 */
export function contentProblem(content: Json, types: ReadonlySet<string>): Reason | null {
  if (content === null || typeof content === 'string') return null
  if (Array.isArray(content)) {
    for (const entry of content as readonly Json[]) {
      const problem = contentProblem(entry, types)
      if (problem !== null) return problem
    }
    return null
  }
  return isJsonObject(content) ? entryProblem(content, types) : NOT_CONTENT
}

function entryProblem(entry: JsonObject, types: ReadonlySet<string>): Reason | null {
  const type = typeOf(entry)
  if (type === null) return NOT_CONTENT
  if (type !== 'message' && !types.has(type)) return UNKNOWN_TYPE
  if (namesStoredObject(entry)) return STORED_OBJECT
  if (!OPENED.has(type)) return null
  return contentProblem(entry['content'] ?? null, types) ?? contentProblem(outputOf(entry), types)
}

/** A message of a conversation has a role and may leave its type out. */
function typeOf(entry: JsonObject): string | null {
  const type = entry['type'] ?? null
  if (typeof type === 'string') return type
  return type === null && typeof entry['role'] === 'string' ? 'message' : null
}

/** Entries whose own content the model reads; what others hold is data of a tool or provider. */
const OPENED: ReadonlySet<string> = new Set([
  'message',
  'tool_result',
  'function_call_output',
  'custom_tool_call_output',
  'computer_call_output',
])

/** Members of an entry that may name a stored object; arguments and results of tools may not. */
const SOURCES = ['file', 'source', 'audio', 'image_url', 'input_audio'] as const

function namesStoredObject(entry: JsonObject): boolean {
  if ((entry['file_id'] ?? null) !== null) return true
  for (const key of SOURCES) {
    const source = entry[key] ?? null
    if (source === null) continue
    if (refersUpstream(source)) return true
    // A spoken answer of an earlier call is named by its id alone.
    if (key === 'audio' && isJsonObject(source) && (source['id'] ?? null) !== null) return true
  }
  return false
}

function outputOf(entry: JsonObject): Json {
  const output = entry['output'] ?? null
  return typeof output === 'object' ? output : null
}

const NOT_CONTENT: Reason = reason('malformed', 'the content has a shape that no client sends')
const UNKNOWN_TYPE: Reason = reason(
  'unsupported',
  'the content holds an entry of a type that is not known here',
)
const STORED_OBJECT: Reason = reason(
  'unsupported',
  'the content refers to an object stored at the provider, which has no owner here',
)

import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { bodyShapeOf, type BodyOperation, type BodyShape } from './body-shape.ts'
import { contentProblem } from './content-problem.ts'
import { offeredTools, type OfferedTools } from './offered-tools.ts'

/** What a policy may know of a model call. Prompts are not part of it. */
export type ModelRequest = OfferedTools & {
  readonly model: string
  /** Bound of the answer in tokens, or null when the request names none. */
  readonly maxTokens: number | null
  readonly stream: boolean
}

/** Longest name of a model; those of today stay below 100 characters. */
export const MODEL_NAME_LENGTH_MAX: number = 256

/**
 * Understands the body of a model call (facts of the dialects: CONTRACTS 1). Fails closed:
 * `malformed` where a field has the wrong type, `unsupported` where it could mean something that
 * this gateway does not decide about.
 */
export function readBody(operation: BodyOperation, value: Json): Result<ModelRequest, Reason> {
  if (!isJsonObject(value)) return malformed('the body must be an object')
  const shape = bodyShapeOf(operation)
  const unknown = fieldProblem(value, shape)
  if (unknown !== null) return fail(unknown)

  const model = value['model'] ?? null
  if (typeof model !== 'string' || model === '' || model.length > MODEL_NAME_LENGTH_MAX)
    return malformed('`model` must name a model')
  const stream = value['stream'] ?? false
  if (typeof stream !== 'boolean') return malformed('`stream` must be true or false')
  const maxTokens = maxTokensOf(value, shape)
  if (!maxTokens.ok) return maxTokens
  for (const field of shape.content) {
    const problem = contentProblem(value[field] ?? null, shape.entryTypes)
    if (problem !== null) return fail(problem)
  }
  const offered = shape.tools === null ? ok(NO_TOOLS) : offeredTools(value, shape.tools)
  return offered.ok ? ok({ ...offered.value, model, maxTokens: maxTokens.value, stream }) : offered
}

const NO_TOOLS: OfferedTools = { tools: [], hostedTools: [], mcpUrls: [] }

function fieldProblem(body: JsonObject, shape: BodyShape): Reason | null {
  for (const field in body) {
    if (shape.plain.has(field) || isUnderstood(field, shape)) continue
    if (shape.empty.has(field)) {
      const value = body[field]
      if (value === null || value === false) continue
      return reason('unsupported', `\`${field}\` refers to objects stored at the provider`)
    }
    return reason('unsupported', `${named(field)} is not a field that this gateway understands`)
  }
  return null
}

/** Fields that are read below. */
const isUnderstood = (field: string, { content, maxTokens, streams, tools }: BodyShape): boolean =>
  field === 'model' ||
  content.has(field) ||
  maxTokens.has(field) ||
  (field === 'stream' && streams) ||
  (tools !== null &&
    (field === tools.field ||
      field === tools.functionsField ||
      field === tools.webSearchField ||
      (field === 'mcp_servers' && tools.mcp === 'servers_field')))

/** A field is quoted when it looks like one; anything else could be content. */
const named = (field: string): string =>
  /^[a-z][a-z0-9_]{0,63}$/.test(field) ? `\`${field}\`` : 'a key of the body'

function maxTokensOf(body: JsonObject, shape: BodyShape): Result<number | null, Reason> {
  let found: number | null = null
  for (const field of shape.maxTokens) {
    const value = body[field] ?? null
    if (value === null) continue
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      return malformed(`\`${field}\` must be a whole number`)
    if (found !== null && found !== value)
      return malformed(`\`${field}\` disagrees with another bound of the answer`)
    found = value
  }
  return ok(found)
}

const malformed = (detail: string): Result<never, Reason> => fail(reason('malformed', detail))

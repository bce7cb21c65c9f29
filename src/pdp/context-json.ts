import { rfc3339 } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import type { Question } from '../core/question.ts'

/** `request.context` and `P.attr.context` (CONTRACTS 1). `time` is text; `timestamp()` reads it. */
export function contextJson({ caller, context }: Question): JsonObject {
  return {
    time: rfc3339(context.time),
    surface: context.surface,
    run_id: context.runId,
    client_run_id: context.clientRunId,
    environment: context.environment,
    assurance: caller.assurance,
    client_info: context.clientInfo,
  }
}

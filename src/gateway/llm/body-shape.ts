import type { Operation } from './operation.ts'
import { CHAT_TOOLS, MESSAGES_TOOLS, RESPONSES_TOOLS, type ToolShape } from './tool-shape.ts'

/**
 * What the body of one operation may hold. A field that is not named here is refused: providers
 * add fields that name further models, tools, workspaces or stored objects, and forwarding one
 * that we do not understand would let the provider do what nobody decided.
 */
export type BodyShape = {
  /** Fields that cannot change which model, tools, servers or stored objects are used. */
  readonly plain: ReadonlySet<string>
  /** Fields that refer to objects made upstream or outlive the call: accepted only as null or false. */
  readonly empty: ReadonlySet<string>
  /** Fields that hold what the model reads, and the types of the entries in them. */
  readonly content: ReadonlySet<string>
  readonly entryTypes: ReadonlySet<string>
  /** Fields that bound the answer; two that disagree are refused. */
  readonly maxTokens: ReadonlySet<string>
  /** Whether the answer can be asked for as a stream. */
  readonly streams: boolean
  /** Null where no tools can be offered. */
  readonly tools: ToolShape | null
}

export type BodyOperation = Exclude<Operation, 'list_models'>

const CHAT: BodyShape = {
  plain: new Set([
    'audio',
    'frequency_penalty',
    'function_call',
    'logit_bias',
    'logprobs',
    'metadata',
    'modalities',
    'n',
    'parallel_tool_calls',
    'prediction',
    'presence_penalty',
    'prompt_cache_key',
    'prompt_cache_retention',
    'reasoning_effort',
    'response_format',
    'safety_identifier',
    'seed',
    'service_tier',
    'stop',
    'store',
    'stream_options',
    'temperature',
    'tool_choice',
    'top_logprobs',
    'top_p',
    'user',
    'verbosity',
  ]),
  empty: new Set(),
  content: new Set(['messages']),
  entryTypes: new Set(['text', 'image_url', 'input_audio', 'file', 'refusal']),
  maxTokens: new Set(['max_tokens', 'max_completion_tokens']),
  streams: true,
  tools: CHAT_TOOLS,
}

const RESPONSES: BodyShape = {
  plain: new Set([
    'include',
    'max_tool_calls',
    'metadata',
    'parallel_tool_calls',
    'prompt_cache_key',
    'prompt_cache_retention',
    'reasoning',
    'safety_identifier',
    'service_tier',
    'store',
    'stream_options',
    'temperature',
    'text',
    'tool_choice',
    'top_logprobs',
    'top_p',
    'truncation',
    'user',
  ]),
  empty: new Set(['background', 'conversation', 'previous_response_id', 'prompt']),
  content: new Set(['input', 'instructions']),
  entryTypes: new Set([
    'input_text',
    'input_image',
    'input_file',
    'input_audio',
    'output_text',
    'output_audio',
    'refusal',
    'reasoning',
    'function_call',
    'function_call_output',
    'custom_tool_call',
    'custom_tool_call_output',
    'web_search_call',
    'code_interpreter_call',
    'computer_call',
    'computer_call_output',
    'computer_screenshot',
    'local_shell_call',
    'local_shell_call_output',
    'shell_call',
    'shell_call_output',
    'apply_patch_call',
    'apply_patch_call_output',
    'mcp_list_tools',
    'mcp_call',
    'mcp_approval_request',
    'mcp_approval_response',
  ]),
  maxTokens: new Set(['max_output_tokens']),
  streams: true,
  tools: RESPONSES_TOOLS,
}

const EMBEDDINGS: BodyShape = {
  plain: new Set(['input', 'encoding_format', 'dimensions', 'user']),
  empty: new Set(),
  content: new Set(),
  entryTypes: new Set(),
  maxTokens: new Set(),
  streams: false,
  tools: null,
}

const MESSAGES: BodyShape = {
  plain: new Set([
    'cache_control',
    'context_management',
    'metadata',
    'output_config',
    'output_format',
    'service_tier',
    'stop_sequences',
    'temperature',
    'thinking',
    'tool_choice',
    'top_k',
    'top_p',
  ]),
  empty: new Set(['container']),
  content: new Set(['messages', 'system']),
  entryTypes: new Set([
    'text',
    'image',
    'document',
    'search_result',
    'thinking',
    'redacted_thinking',
    'tool_use',
    'tool_result',
    'tool_reference',
    'server_tool_use',
    'web_search_tool_result',
    'web_fetch_tool_result',
    'code_execution_tool_result',
    'bash_code_execution_tool_result',
    'text_editor_code_execution_tool_result',
    'tool_search_tool_result',
    'mcp_tool_use',
    'mcp_tool_result',
  ]),
  maxTokens: new Set(['max_tokens']),
  streams: true,
  tools: MESSAGES_TOOLS,
}

/** The shape of an operation's body. */
export function bodyShapeOf(operation: BodyOperation): BodyShape {
  switch (operation) {
    case 'chat_completions':
      return CHAT
    case 'responses':
      return RESPONSES
    case 'embeddings':
      return EMBEDDINGS
    case 'messages':
    case 'count_tokens':
      return MESSAGES
  }
}

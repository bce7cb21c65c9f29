/** The wire formats of the demo's provider: reading conversations, writing answers and events. */
import type { Answer, Conversation, OfferedTool } from './provider-script.ts'

/** A JSON body as `JSON.parse` gives it. The real checks are the gateway's; this side trusts it. */
export type Body = { readonly [key: string]: unknown }

/** One server-sent event; OpenAI's Chat Completions leave the name out. */
export type Event = { readonly event: string | null; readonly data: unknown }

/** How one API reads a request and writes its answer. */
export type Wire = {
  readonly read: (body: Body) => Conversation
  readonly json: (conversation: Conversation, answer: Answer) => unknown
  readonly events: (conversation: Conversation, answer: Answer) => readonly Event[]
}

const CREATED = 1_767_225_600
const USAGE = { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 }

export const CHAT: Wire = {
  read: (body) => {
    const messages = list(body['messages'])
    const last = messages.at(-1)
    return {
      model: String(body['model']),
      stream: body['stream'] === true,
      tools: list(body['tools']).map((tool) => offered(record(tool['function']), 'parameters')),
      lastUserText: textOf(messages.findLast(({ role }) => role === 'user')?.['content']),
      toolResult: last?.['role'] === 'tool' ? textOf(last['content']) : null,
    }
  },
  json: ({ model }, answer) => ({
    id: 'chatcmpl-demo',
    object: 'chat.completion',
    created: CREATED,
    model,
    choices: [
      {
        index: 0,
        message:
          answer.kind === 'text'
            ? { role: 'assistant', content: answer.text, refusal: null }
            : { role: 'assistant', content: null, refusal: null, tool_calls: [chatCall(answer)] },
        finish_reason: answer.kind === 'text' ? 'stop' : 'tool_calls',
        logprobs: null,
      },
    ],
    usage: USAGE,
  }),
  events: ({ model }, answer) => {
    const chunk = (delta: unknown, finish: string | null = null): Event => ({
      event: null,
      data: {
        id: 'chatcmpl-demo',
        object: 'chat.completion.chunk',
        created: CREATED,
        model,
        choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }],
      },
    })
    const body =
      answer.kind === 'text'
        ? words(answer.text).map((content) => chunk({ content }))
        : [
            chunk({ tool_calls: [{ index: 0, ...chatCall(answer, '') }] }),
            ...fragments(answer.input).map((part) =>
              chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] }),
            ),
          ]
    const finish = answer.kind === 'text' ? 'stop' : 'tool_calls'
    return [
      chunk({ role: 'assistant', content: answer.kind === 'text' ? '' : null }),
      ...body,
      chunk({}, finish),
      { event: null, data: '[DONE]' },
    ]
  },
}

export const RESPONSES: Wire = {
  read: (body) => {
    const input = body['input']
    const items = typeof input === 'string' ? [{ role: 'user', content: input }] : list(input)
    const last = record(items.at(-1))
    const user = items.findLast((item) => record(item)['role'] === 'user')
    return {
      model: String(body['model']),
      stream: body['stream'] === true,
      tools: list(body['tools']).map((tool) => offered(tool, 'parameters')),
      lastUserText: textOf(record(user)['content']),
      toolResult: last['type'] === 'function_call_output' ? textOf(last['output']) : null,
    }
  },
  json: ({ model }, answer) => response(model, 'completed', [responseItem(answer)]),
  events: ({ model }, answer) => {
    const item = responseItem(answer)
    const at = { output_index: 0, item_id: item['id'] }
    const named = (type: string, data: Body): Event => ({ event: type, data: { type, ...data } })
    const parts =
      answer.kind === 'text'
        ? [
            ...words(answer.text).map((delta) =>
              named('response.output_text.delta', { ...at, content_index: 0, delta, logprobs: [] }),
            ),
            named('response.output_text.done', {
              ...at,
              content_index: 0,
              text: answer.text,
              logprobs: [],
            }),
          ]
        : [
            ...fragments(answer.input).map((delta) =>
              named('response.function_call_arguments.delta', { ...at, delta }),
            ),
            named('response.function_call_arguments.done', {
              ...at,
              name: answer.name,
              arguments: answer.input,
            }),
          ]
    const events = [
      named('response.created', { response: response(model, 'in_progress', []) }),
      named('response.output_item.added', { output_index: 0, item: emptied(item) }),
      ...(answer.kind === 'text'
        ? [named('response.content_part.added', { ...at, content_index: 0, part: outputText('') })]
        : []),
      ...parts,
      named('response.output_item.done', { output_index: 0, item }),
      named('response.completed', { response: response(model, 'completed', [item]) }),
    ]
    return events.map(({ event, data }, i) => ({
      event,
      data: { ...record(data), sequence_number: i },
    }))
  },
}

export const MESSAGES: Wire = {
  read: (body) => {
    const messages = list(body['messages'])
    const users = messages.filter(({ role }) => role === 'user')
    const blocks = list(users.at(-1)?.['content'])
    const result = blocks.find(({ type }) => type === 'tool_result')
    const spoken = users.findLast(({ content }) => textOf(content) !== '')
    return {
      model: String(body['model']),
      stream: body['stream'] === true,
      tools: list(body['tools']).map((tool) => offered(tool, 'input_schema')),
      lastUserText: textOf(spoken?.['content']),
      toolResult: result === undefined ? null : textOf(result['content']),
    }
  },
  json: ({ model }, answer) => ({
    ...message(model),
    content: [messageBlock(answer)],
    stop_reason: answer.kind === 'text' ? 'end_turn' : 'tool_use',
  }),
  events: ({ model }, answer) => {
    const named = (type: string, data: Body): Event => ({ event: type, data: { type, ...data } })
    const block = messageBlock(answer)
    const deltas =
      answer.kind === 'text'
        ? words(answer.text).map((text) => ({ type: 'text_delta', text }))
        : fragments(answer.input).map((part) => ({ type: 'input_json_delta', partial_json: part }))
    return [
      named('message_start', { message: message(model) }),
      named('content_block_start', {
        index: 0,
        content_block: answer.kind === 'text' ? { ...block, text: '' } : { ...block, input: {} },
      }),
      named('ping', {}),
      ...deltas.map((delta) => named('content_block_delta', { index: 0, delta })),
      named('content_block_stop', { index: 0 }),
      named('message_delta', {
        delta: {
          stop_reason: answer.kind === 'text' ? 'end_turn' : 'tool_use',
          stop_sequence: null,
        },
        usage: { output_tokens: 8 },
      }),
      named('message_stop', {}),
    ]
  },
}

const chatCall = (answer: Extract<Answer, { kind: 'call' }>, input = answer.input): Body => ({
  id: answer.id,
  type: 'function',
  function: { name: answer.name, arguments: input },
})

const response = (model: string, status: string, output: readonly unknown[]): Body => ({
  id: 'resp_demo',
  object: 'response',
  created_at: CREATED,
  status,
  model,
  output,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  usage:
    status === 'completed'
      ? {
          input_tokens: 12,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: 8,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 20,
        }
      : null,
})

const responseItem = (answer: Answer): Body =>
  answer.kind === 'text'
    ? {
        id: 'msg_demo',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [outputText(answer.text)],
      }
    : {
        id: 'fc_demo',
        type: 'function_call',
        status: 'completed',
        call_id: answer.id,
        name: answer.name,
        arguments: answer.input,
      }

const emptied = (item: Body): Body =>
  item['type'] === 'message'
    ? { ...item, status: 'in_progress', content: [] }
    : { ...item, status: 'in_progress', arguments: '' }

const outputText = (text: string): Body => ({
  type: 'output_text',
  text,
  annotations: [],
  logprobs: [],
})

const message = (model: string): Body => ({
  id: 'msg_demo',
  type: 'message',
  role: 'assistant',
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 8 },
})

const messageBlock = (answer: Answer): Body =>
  answer.kind === 'text'
    ? { type: 'text', text: answer.text, citations: null }
    : { type: 'tool_use', id: answer.id, name: answer.name, input: JSON.parse(answer.input) }

/** A tool as it is offered; where its arguments' schema stands differs between the formats. */
const offered = (tool: Body, schemaField: string): OfferedTool => ({
  name: String(tool['name']),
  required: strings(record(tool[schemaField])['required']),
})

/** Arguments cut in the middle of words and numbers, as real models send them. */
const fragments = (text: string): readonly string[] => text.match(/.{1,5}/gs) ?? []

const words = (text: string): readonly string[] => text.match(/\S+\s*/g) ?? []

const record = (value: unknown): Body =>
  typeof value === 'object' && value !== null ? (value as Body) : {}

const list = (value: unknown): readonly Body[] => (Array.isArray(value) ? value.map(record) : [])

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : list(content)
        .flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
        .join(' ')

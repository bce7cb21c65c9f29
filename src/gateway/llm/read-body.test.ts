import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../../core/json.ts'
import { readJsonText } from '../../core/read-json.ts'
import type { BodyOperation } from './body-shape.ts'
import { OFFERED_TOOLS_MAX, TOOL_NAME_LENGTH_MAX } from './offered-tools.ts'
import { MODEL_NAME_LENGTH_MAX, readBody, type ModelRequest } from './read-body.ts'

const read = (operation: BodyOperation, body: unknown): ReturnType<typeof readBody> => {
  const json = readJsonText(JSON.stringify(body))
  assert.ok(json.ok)
  return readBody(operation, json.value)
}

const understood = (operation: BodyOperation, body: unknown): ModelRequest => {
  const result = read(operation, body)
  assert.ok(result.ok, result.ok ? '' : result.error.detail)
  return result.value
}

const refused = (operation: BodyOperation, body: unknown, code: string, detail?: RegExp): void => {
  const result = read(operation, body)
  assert.ok(!result.ok, 'was understood')
  assert.equal(result.error.code, code, result.error.detail)
  if (detail !== undefined) assert.match(result.error.detail, detail)
}

const ASK = [{ role: 'user', content: 'hello' }]
const CHAT = { model: 'small', messages: ASK }
const RESPONSES = { model: 'small', input: 'hello' }
const MESSAGES = { model: 'small', max_tokens: 100, messages: ASK }
const MINIMAL: Readonly<Record<BodyOperation, Readonly<Record<string, unknown>>>> = {
  chat_completions: CHAT,
  responses: RESPONSES,
  embeddings: { model: 'small', input: 'hello' },
  messages: MESSAGES,
  count_tokens: MESSAGES,
}
const OPERATIONS = Object.keys(MINIMAL) as BodyOperation[]

test('reads what a Chat Completions request offers', () => {
  const body = {
    ...CHAT,
    stream: true,
    max_completion_tokens: 50,
    tools: [
      { type: 'function', function: { name: 'refund', parameters: { type: 'object' } } },
      { type: 'custom', custom: { name: 'query' } },
    ],
    functions: [{ name: 'old_style' }],
    web_search_options: {},
  }
  assert.deepEqual(understood('chat_completions', body), {
    model: 'small',
    maxTokens: 50,
    stream: true,
    tools: ['refund', 'query', 'old_style'],
    hostedTools: ['web_search'],
    mcpUrls: [],
  })
})

test('reads what a Responses request offers, hosted tools and MCP servers among it', () => {
  const body = {
    ...RESPONSES,
    max_output_tokens: 7,
    tools: [
      { type: 'function', name: 'refund', parameters: {} },
      { type: 'web_search_preview_2025_03_11' },
      { type: 'code_interpreter', container: { type: 'auto' } },
      { type: 'mcp', server_label: 'pay', server_url: 'https://pay.example/mcp' },
      { type: 'mcp', server_label: 'mail', connector_id: 'connector_gmail' },
    ],
  }
  assert.deepEqual(understood('responses', body), {
    model: 'small',
    maxTokens: 7,
    stream: false,
    tools: ['refund'],
    hostedTools: ['web_search', 'code_interpreter'],
    mcpUrls: ['https://pay.example/mcp', ''],
  })
})

test('reads what a Messages request offers, hosted tools and MCP servers among it', () => {
  const body = {
    ...MESSAGES,
    tools: [
      { name: 'refund', input_schema: { type: 'object' } },
      { type: 'custom', name: 'lookup', input_schema: { type: 'object' } },
      { type: 'bash_20250124', name: 'bash' },
      { type: 'web_search_20260318', name: 'web_search' },
      { type: 'mcp_toolset', mcp_server_name: 'pay' },
    ],
    mcp_servers: [{ type: 'url', name: 'pay', url: 'https://pay.example/mcp' }],
  }
  assert.deepEqual(understood('messages', body), {
    model: 'small',
    maxTokens: 100,
    stream: false,
    tools: ['refund', 'lookup', 'bash', 'web_search'],
    hostedTools: ['bash', 'web_search'],
    mcpUrls: ['https://pay.example/mcp'],
  })
})

test('an MCP server with two addresses counts as one that nobody knows', () => {
  const tool = {
    type: 'mcp',
    server_url: 'https://pay.example/mcp',
    connector_id: 'connector_gmail',
  }
  assert.deepEqual(understood('responses', { ...RESPONSES, tools: [tool] }).mcpUrls, [''])
})

test('a field that is not known is refused in every operation, whatever it holds', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...OPERATIONS),
      fc.constantFrom(
        'fallbacks',
        'thread',
        'workspace_id',
        'Model',
        'additional_tools',
        '__proto__',
        'constructor',
      ),
      fc.jsonValue(),
      (operation, field, value) => {
        const text = JSON.stringify(MINIMAL[operation]).replace(
          '{',
          `{${JSON.stringify(field)}:${JSON.stringify(value)},`,
        )
        const json = readJsonText(text)
        if (!json.ok) return
        const result = readBody(operation, json.value)
        assert.ok(!result.ok)
        assert.equal(result.error.code, 'unsupported')
      },
    ),
  )
})

test('a key that could be content is not quoted', () => {
  refused(
    'chat_completions',
    { ...CHAT, 'my secret: 1234': 1 },
    'unsupported',
    /^a key of the body/,
  )
})

for (const field of ['previous_response_id', 'conversation', 'background', 'prompt']) {
  test(`Responses: \`${field}\` is refused unless it is empty`, () => {
    refused('responses', { ...RESPONSES, [field]: 'resp_1' }, 'unsupported', new RegExp(field))
    refused('responses', { ...RESPONSES, [field]: true }, 'unsupported')
    assert.ok(read('responses', { ...RESPONSES, [field]: null }).ok)
  })
}

for (const operation of OPERATIONS) {
  test(`${operation}: the least request is understood`, () => {
    assert.equal(understood(operation, MINIMAL[operation]).model, 'small')
  })
  for (const model of [undefined, null, '', 7, ['small'], 'm'.repeat(MODEL_NAME_LENGTH_MAX + 1)]) {
    test(`${operation}: refuses the model ${JSON.stringify({ model }).slice(0, 20)}`, () => {
      refused(operation, { ...MINIMAL[operation], model }, 'malformed', /`model`/)
    })
  }
}

for (const [name, operation, part] of [
  ['tools that are no array', 'chat_completions', { tools: { type: 'function' } }],
  ['a tool that is no object', 'messages', { tools: ['bash'] }],
  ['a tool without name', 'chat_completions', { tools: [{ type: 'function', function: {} }] }],
  [
    'a tool whose name stands where the provider does not look',
    'chat_completions',
    { tools: [{ type: 'function', name: 'a' }] },
  ],
  ['a tool with an empty name', 'messages', { tools: [{ name: '' }] }],
  [
    'a tool with an endless name',
    'messages',
    { tools: [{ name: 'n'.repeat(TOOL_NAME_LENGTH_MAX + 1) }] },
  ],
  ['a tool whose type is no string', 'responses', { tools: [{ type: 1 }] }],
  [
    'too many tools',
    'messages',
    { tools: Array.from({ length: OFFERED_TOOLS_MAX + 1 }, () => ({ name: 'a' })) },
  ],
  ['a stream that is no boolean', 'messages', { stream: 'yes' }],
  ['a bound that is no number', 'messages', { max_tokens: '9' }],
  ['a negative bound', 'messages', { max_tokens: -1 }],
  ['two bounds that disagree', 'chat_completions', { max_tokens: 1, max_completion_tokens: 2 }],
  [
    'an MCP server of another kind',
    'messages',
    { mcp_servers: [{ type: 'stdio', command: 'sh' }] },
  ],
  ['an MCP server without URL', 'messages', { mcp_servers: [{ type: 'url' }] }],
  ['a message that is a number', 'chat_completions', { messages: [1] }],
  ['a message without role and type', 'messages', { messages: [{ content: 'x' }] }],
] as const) {
  test(`refuses ${name} as malformed`, () => {
    refused(operation, { ...MINIMAL[operation], ...part }, 'malformed')
  })
}

for (const [name, operation, part] of [
  ['a tool of an unknown type', 'responses', { tools: [{ type: 'namespace', tools: [] }] }],
  [
    'a tool of an unknown version',
    'messages',
    { tools: [{ type: 'web_search_20990101', name: 'w' }] },
  ],
  [
    'a hosted tool that names a model',
    'responses',
    { tools: [{ type: 'image_generation', model: 'other' }] },
  ],
  [
    'a search in stored files',
    'responses',
    { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] },
  ],
  [
    'a stored container',
    'responses',
    { tools: [{ type: 'code_interpreter', container: 'cntr_1' }] },
  ],
  [
    'files of a container',
    'responses',
    { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['f'] } }] },
  ],
  ['a stored container of Messages', 'messages', { container: 'cntr_1' }],
  ['an item reference', 'responses', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
  ['tools inside the input', 'responses', { input: [{ type: 'additional_tools', tools: [] }] }],
  [
    'another configuration inside the input',
    'responses',
    { input: [{ type: 'configuration_update', model: 'large' }] },
  ],
  [
    'tools inside messages',
    'messages',
    { messages: [{ role: 'user', content: [{ type: 'tool_addition', tool: {} }] }] },
  ],
  [
    'a stored file in Chat',
    'chat_completions',
    { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] },
  ],
  [
    'a stored answer in sound',
    'chat_completions',
    { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] },
  ],
  [
    'a stored file in Responses',
    'responses',
    { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] },
  ],
  [
    'a stored file in a tool result',
    'responses',
    {
      input: [
        {
          type: 'function_call_output',
          call_id: 'c',
          output: [{ type: 'input_image', file_id: 'f' }],
        },
      ],
    },
  ],
  [
    'a stored file in Messages',
    'messages',
    {
      messages: [
        { role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'f' } }] },
      ],
    },
  ],
  [
    'a stored file within a document',
    'messages',
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              source: {
                type: 'content',
                content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }],
              },
            },
          ],
        },
      ],
    },
  ],
  [
    'a stored file in a result block',
    'messages',
    {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 't',
              content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }],
            },
          ],
        },
      ],
    },
  ],
  [
    'a container upload',
    'messages',
    { messages: [{ role: 'user', content: [{ type: 'container_upload', file_id: 'f' }] }] },
  ],
] as const) {
  test(`refuses ${name} as unsupported`, () => {
    refused(operation, { ...MINIMAL[operation], ...part }, 'unsupported')
  })
}

test('arguments of tools may hold any key: they are data, not references', () => {
  const use = { type: 'tool_use', id: 't', name: 'open', input: { file_id: 'local-7', type: 'x' } }
  assert.ok(read('messages', { ...MESSAGES, messages: [{ role: 'assistant', content: [use] }] }).ok)
  const call = { type: 'function_call', call_id: 'c', name: 'open', arguments: '{"file_id":"7"}' }
  assert.ok(read('responses', { ...RESPONSES, input: [call] }).ok)
})

test('a conversation with tools, images and results is understood', () => {
  const messages = [
    { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
    {
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: 'done' },
  ]
  assert.ok(read('chat_completions', { ...CHAT, messages }).ok)
})

test('never throws and never understands anything but an object with a model', () => {
  fc.assert(
    fc.property(fc.constantFrom(...OPERATIONS), fc.jsonValue(), (operation, value) => {
      const result = readBody(operation, value as Json)
      if (result.ok) assert.equal(typeof (value as { model?: unknown }).model, 'string')
    }),
    { numRuns: 500 },
  )
})

test('whatever stands in the place of one field, the answer is a request or a refusal', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...OPERATIONS),
      fc.constantFrom(
        'tools',
        'messages',
        'input',
        'mcp_servers',
        'max_tokens',
        'stream',
        'functions',
        'system',
      ),
      fc.jsonValue(),
      (operation, field, value) => {
        const result = read(operation, { ...MINIMAL[operation], [field]: value })
        if (!result.ok) assert.ok(['malformed', 'unsupported'].includes(result.error.code))
      },
    ),
    { numRuns: 500 },
  )
})

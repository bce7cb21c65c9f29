/** How a dialect describes the tools that a request offers to the model. */
export type ToolShape = {
  /** The field that lists tools. */
  readonly field: string
  /** Types of tools that the client runs itself; `''` stands for an entry without a type. */
  readonly named: ReadonlySet<string>
  /** Whether the name stands in an object under the type's own name (`function.name`). */
  readonly nested: boolean
  /** Tools that the provider defines: type to family, so that a dated version has no other name. */
  readonly hosted: ReadonlyMap<string, string>
  /** An entry that names an MCP server for the provider to call. */
  readonly mcp: 'tool' | 'servers_field' | null
  /** Outdated field that lists functions. */
  readonly functionsField: string | null
  /** Field whose presence alone lets the model search the web. */
  readonly webSearchField: string | null
}

export const CHAT_TOOLS: ToolShape = {
  field: 'tools',
  named: new Set(['function', 'custom']),
  nested: true,
  hosted: new Map(),
  mcp: null,
  functionsField: 'functions',
  webSearchField: 'web_search_options',
}

export const RESPONSES_TOOLS: ToolShape = {
  field: 'tools',
  named: new Set(['function', 'custom']),
  nested: false,
  hosted: new Map([
    ['web_search', 'web_search'],
    ['web_search_2025_08_26', 'web_search'],
    ['web_search_preview', 'web_search'],
    ['web_search_preview_2025_03_11', 'web_search'],
    ['file_search', 'file_search'],
    ['code_interpreter', 'code_interpreter'],
    ['image_generation', 'image_generation'],
    ['computer', 'computer'],
    ['computer_use_preview', 'computer'],
    ['local_shell', 'shell'],
    ['shell', 'shell'],
    ['apply_patch', 'apply_patch'],
  ]),
  mcp: 'tool',
  functionsField: null,
  webSearchField: null,
}

export const MESSAGES_TOOLS: ToolShape = {
  field: 'tools',
  named: new Set(['', 'custom']),
  nested: false,
  hosted: new Map([
    ['web_search_20250305', 'web_search'],
    ['web_search_20260209', 'web_search'],
    ['web_search_20260318', 'web_search'],
    ['web_fetch_20250910', 'web_fetch'],
    ['web_fetch_20260209', 'web_fetch'],
    ['web_fetch_20260309', 'web_fetch'],
    ['web_fetch_20260318', 'web_fetch'],
    ['code_execution_20250522', 'code_execution'],
    ['code_execution_20250825', 'code_execution'],
    ['code_execution_20260120', 'code_execution'],
    ['code_execution_20260521', 'code_execution'],
    ['bash_20241022', 'bash'],
    ['bash_20250124', 'bash'],
    ['text_editor_20241022', 'text_editor'],
    ['text_editor_20250124', 'text_editor'],
    ['text_editor_20250429', 'text_editor'],
    ['text_editor_20250728', 'text_editor'],
    ['computer_20241022', 'computer'],
    ['computer_20250124', 'computer'],
    ['computer_20251124', 'computer'],
    ['computer_toolset_20260801', 'computer'],
    ['browser_toolset_20260801', 'browser'],
    ['memory_20250818', 'memory'],
    ['tool_search_tool_regex', 'tool_search'],
    ['tool_search_tool_regex_20251119', 'tool_search'],
    ['tool_search_tool_bm25', 'tool_search'],
    ['tool_search_tool_bm25_20251119', 'tool_search'],
  ]),
  mcp: 'servers_field',
  functionsField: null,
  webSearchField: null,
}

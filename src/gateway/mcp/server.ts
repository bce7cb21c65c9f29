/** One MCP server behind the gateway, as configured. */
export type McpServer = {
  /** The `<server>` of `/mcp/<server>` and of resource kinds `mcp:<server>`. */
  readonly id: string
  /** Its Streamable HTTP endpoint. */
  readonly url: string
  /** Tools whose arguments may hold top-level keys that their schema does not declare. */
  readonly openArguments: ReadonlySet<string>
  /** Fixed request headers (lower case) sent with every request; a credential is not one of them. */
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds a tool may work before it answers. */
  readonly headersTimeoutMs: number
  /** Milliseconds between two parts of a streamed answer. */
  readonly idleTimeoutMs: number
}

/** The resource kind of everything on this server (CONTRACTS 1). */
export const kindOf = (server: McpServer): string => `mcp:${server.id}`

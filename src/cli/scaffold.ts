/** What `reeve init` writes: a configuration that starts, denies what nobody allowed, and says so. */
export const SCAFFOLD: Readonly<Record<string, string>> = {
  'reeve.yaml': `# yaml-language-server: $schema=.reeve/schema/reeve.schema.json
# Development: this machine only, and Reeve itself signs people in. For anything else remove the
# line, name your issuer under identity.issuers, and give agents their keys (jwks_file).
mode: development
public_url: http://localhost:8080

identity:
  people:
    - {id: alice, roles: [support]}

agents:
  # Whoever calls this machine without a credential is this agent, in development only.
  - {id: assistant, sponsor: alice, acts: autonomous, roles: [support], development: true}

mcp:
  servers:
    # Your MCP servers. call_token: each call carries a token of its own, which your server checks
    # against http://localhost:8080/.well-known/jwks.json
    - {id: billing, url: 'http://127.0.0.1:9101/mcp', credential: {kind: call_token}}

# Model providers, and which of their models may be asked for at all:
# providers:
#   - id: openai
#     dialect: openai
#     url: https://api.openai.com/v1
#     credential: {kind: configured_header, name: authorization, prefix: 'Bearer ', value: {env: OPENAI_API_KEY}}
#     default: true
# models:
#   - {id: openai/gpt-5-mini, tier: small}

# Who may ask POST /api/check/resources on the decision port.
callers:
  - {local: true}

policies: {dir: ./policies}
`,
  'token-service-config.yml': `# yaml-language-server: $schema=.reeve/schema/token-service-config.schema.json
issuer: urn:reeve:development
default_ttl_seconds: 300
max_ttl_seconds: 900          # more is refused, never cut
require_sponsor: true
supported_tools: [billing, search, file-store]
`,
  'policy-config.yaml': `# The short form: who may use which tool, and how far. Nothing here, nothing allowed.
rules:
  - id: support-billing
    role: support
    tool: billing
    allowed_actions: [charge, refund]
    when: R.attr.args.amount <= 500
    max_token_ttl_seconds: 300
`,
  'policies/models.yaml': `# The same language as Cerbos policies. Which models each role may use.
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: model
  version: default
  rules:
    - name: small-models
      actions: [invoke]
      effect: EFFECT_ALLOW
      roles: [support]
      condition:
        match:
          expr: R.attr.tier == "small"
`,
  // State and keys never go where the configuration goes.
  '.reeve/.gitignore': '*\n',
  'READINESS.md': `# Before this goes to production

\`reeve readiness\` runs the first part against the server that is running now.

Live checks
- policies are in force, and none is missing
- a record can be written and is durable
- room on the disk of the ledger
- every MCP server and model provider accepts connections
- everything that gives more than the defaults do is listed

By hand
- [ ] \`mode: development\` is gone, and people come from your issuer
- [ ] every agent has a sponsor who knows it, and keys of its own
- [ ] the state directory is on a disk that is backed up, and only Reeve's user reads it
- [ ] \`reeve audit checkpoint\` is kept on another machine, every day
- [ ] somebody has suspended a sponsor once, and seen the next call fail
`,
}

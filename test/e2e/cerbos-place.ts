/** A folder as a Cerbos user has it: policies, schemas, a key set and a configuration. */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const ALBUM = `apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: album
  version: default
  importDerivedRoles: [common]
  schemas:
    principalSchema: {ref: "cerbos:///principal.json"}
    resourceSchema: {ref: "cerbos:///album.json"}
  rules:
    - actions: [view]
      effect: EFFECT_ALLOW
      roles: [user]
      condition: {match: {expr: R.attr.public == true}}
      output:
        when:
          ruleActivated: '{"who": P.id, "at": timestamp("2024-01-01T00:00:00Z")}'
          conditionNotMet: '"private"'
    - name: owners
      actions: [edit, "delete:*"]
      effect: EFFECT_ALLOW
      derivedRoles: [owner]
      output: {when: {ruleActivated: R.attr.missing}}
    - actions: [team]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition: {match: {expr: request.auxData.jwt.team == "blue"}}
    - actions: [teams]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition: {match: {expr: request.auxData.jwts.a.claims.team == "blue"}}
    - actions: [names]
      effect: EFFECT_ALLOW
      roles: ["*"]
      output: {when: {ruleActivated: "[R.policyVersion, R.scope, P.policyVersion, P.scope]"}}
    - actions: [secret]
      effect: EFFECT_DENY
      roles: ["*"]
      condition: {match: {expr: R.attr.classified == true}}
    - actions: [secret]
      effect: EFFECT_ALLOW
      roles: [user]
    - actions: [region]
      effect: EFFECT_ALLOW
      roles: [user]
      condition: {match: {expr: G.region == "eu"}}
`

const POLICIES: Readonly<Record<string, string>> = {
  'policies/album.yaml': ALBUM,
  'policies/album_acme.yaml': `apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: album
  version: default
  scope: acme
  rules:
    - {actions: [view], effect: EFFECT_DENY, roles: [guest]}
    - {actions: [archive], effect: EFFECT_ALLOW, roles: [user]}
`,
  'policies/common.yaml': `apiVersion: api.cerbos.dev/v1
derivedRoles:
  name: common
  definitions:
    - name: owner
      parentRoles: [user]
      condition: {match: {expr: R.attr.owner == P.id}}
`,
  'policies/boss.yaml': `apiVersion: api.cerbos.dev/v1
principalPolicy:
  principal: boss
  version: default
  rules:
    - {resource: album, actions: [{action: purge, effect: EFFECT_ALLOW}]}
`,
  'policies/_schemas/principal.json': `{"type": "object", "properties": {"team": {"type": "string"}}}`,
  'policies/_schemas/album.json': `{"type": "object", "properties": {"public": {"type": "boolean"}, "owner": {"type": "string"}, "n": {"type": "number", "maximum": 5}}}`,
}

const TELEMETRY = `telemetry: {disabled: true}
schema: {enforcement: warn}
engine: {globals: {region: "\${REEVE_TEST_REGION:eu}"}}
auxData: {jwt: {keySets: [{id: main, local: {file: jwks.json}}]}}
`

export type CerbosPlace = {
  readonly directory: string
  readonly write: (name: string, text: string) => void
  /** A token that the key set of the configuration signed. */
  readonly token: (claims: object, header?: object) => string
  readonly remove: () => void
}

/** The configuration of the place, with the addresses of a server. */
export const cerbosConfig = (server: string, storage = 'watchForChanges: false'): string =>
  `server: {${server}}
storage: {driver: disk, disk: {directory: policies, ${storage}}}
${TELEMETRY}`

export function cerbosPlace(): CerbosPlace {
  const directory = mkdtempSync(join(tmpdir(), 'reeve-cerbos-'))
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  for (const [name, text] of Object.entries(POLICIES)) write(name, text)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }
  write('jwks.json', JSON.stringify({ keys: [jwk] }))
  const key = createPrivateKey({ key: privateKey.export({ format: 'jwk' }), format: 'jwk' })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    directory,
    write,
    token: (claims, header = { alg: 'ES256', kid: 'k1' }) => {
      const signed = `${part(header)}.${part(claims)}`
      const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
      return `${signed}.${signature.toString('base64url')}`
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

import type { Principal } from '../../core/identity.ts'
import { isAgentId } from '../../core/ids.ts'
import type { JsonObject } from '../../core/json.ts'
import { isJsonObject } from '../../core/json.ts'
import type { Resource } from '../../core/question.ts'
import type { SourceFile } from '../../policy/diagnostic.ts'
import { report } from '../../policy/diagnostic.ts'
import type { Fields } from '../../policy/fields.ts'
import {
  mapOf,
  openFields,
  optionalNode,
  optionalText,
  requiredNode,
  requiredText,
  textsOf,
} from '../../policy/fields.ts'
import { jsonOf } from '../../policy/parse-definitions.ts'
import type { NameRef } from '../../policy/tree.ts'
import type { YamlNode } from '../../policy/yaml-node.ts'
import type { ActorFixture, Fixtures } from './suite.ts'

/** The fields of a suite, and of files in `testdata`, that hold fixtures. */
export const FIXTURE_FIELDS: readonly string[] = [
  'principals',
  'resources',
  'auxData',
  'actors',
  'principalGroups',
  'resourceGroups',
]

/** Reads every kind of fixture that stands in the fields; absent ones are empty. */
export const parseFixtures = (fields: Fields): Fixtures => ({
  principals: named(fields, 'principals', parsePrincipal),
  resources: named(fields, 'resources', parseResource),
  auxData: named(fields, 'auxData', parseAuxData),
  actors: named(fields, 'actors', parseActor),
  principalGroups: named(fields, 'principalGroups', groupReader('principals')),
  resourceGroups: named(fields, 'resourceGroups', groupReader('resources')),
})

function named<T>(
  fields: Fields,
  key: string,
  read: (file: SourceFile, node: YamlNode, what: string) => T | null,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  for (const [name, entry] of mapOf(fields, key)) {
    const value = read(fields.file, entry.value, `\`${name}\` of \`${key}\``)
    if (value !== null) found.set(name, value)
  }
  return found
}

function parsePrincipal(file: SourceFile, node: YamlNode, what: string): Principal | null {
  const fields = openFields(file, node, what, {
    known: ['id', 'roles', 'attr', 'scope', 'policyVersion'],
  })
  if (fields === null) return null
  requiredNode(fields, 'roles')
  const id = requiredText(fields, 'id')
  if (id === null) return null
  return { id, roles: rolesOf(fields), ...commonOf(fields) }
}

function parseResource(file: SourceFile, node: YamlNode, what: string): Resource | null {
  const fields = openFields(file, node, what, {
    known: ['id', 'kind', 'attr', 'scope', 'policyVersion'],
  })
  if (fields === null) return null
  const kind = requiredText(fields, 'kind')
  const id = requiredText(fields, 'id')
  return kind === null || id === null ? null : { kind, id, ...commonOf(fields) }
}

function parseActor(file: SourceFile, node: YamlNode, what: string): ActorFixture | null {
  const fields = openFields(file, node, what, {
    known: ['id', 'roles', 'attr', 'scope', 'purpose'],
  })
  if (fields === null) return null
  const id = requiredText(fields, 'id')
  if (id === null) return null
  const agent = id.startsWith('agent:') ? id.slice('agent:'.length) : id
  if (!isAgentId(agent)) {
    const message = `\`id\` of ${what} cannot be \`${id}\`: it is the id of an agent`
    report(file, fields.entries.get('id')?.value.at ?? node.at, { code: 'value_invalid', message })
    return null
  }
  const { attr, scope } = commonOf(fields)
  const purpose = optionalText(fields, 'purpose') ?? 'unspecified'
  return { id: agent, roles: rolesOf(fields), attr, scope, purpose }
}

const rolesOf = (fields: Fields): readonly string[] =>
  textsOf(fields, 'roles').map(({ name }) => name)

function commonOf(fields: Fields): {
  readonly attr: JsonObject
  readonly scope: string
  readonly policyVersion: string
} {
  return {
    attr: objectOf(fields, 'attr'),
    scope: optionalText(fields, 'scope') ?? '',
    policyVersion: fields.entries.has('policyVersion') ? textOrNumber(fields, 'policyVersion') : '',
  }
}

/** Versions such as `20210210` are numbers to YAML; the tests of others do not put them in quotes. */
function textOrNumber(fields: Fields, key: string): string {
  const node = optionalNode(fields, key)
  if (node?.kind === 'scalar' && typeof node.value === 'number') return String(node.value)
  return optionalText(fields, key) ?? ''
}

function parseAuxData(file: SourceFile, node: YamlNode, what: string): JsonObject | null {
  const fields = openFields(file, node, what, { known: ['jwt', 'jwts'] })
  if (fields === null) return null
  const auxData: Record<string, JsonObject> = { jwt: objectOf(fields, 'jwt') }
  if (fields.entries.has('jwts')) auxData['jwts'] = objectOf(fields, 'jwts')
  return auxData
}

const NOTHING: JsonObject = Object.freeze(Object.create(null) as JsonObject)

function objectOf(fields: Fields, key: string): JsonObject {
  const node = optionalNode(fields, key)
  if (node === null || mapOf(fields, key).size === 0) return NOTHING
  const value = jsonOf(node)
  return isJsonObject(value) ? value : NOTHING
}

const groupReader =
  (key: string) =>
  (file: SourceFile, node: YamlNode, what: string): readonly NameRef[] | null => {
    const fields = openFields(file, node, what, { known: [key] })
    if (fields === null || requiredNode(fields, key) === null) return null
    return textsOf(fields, key)
  }

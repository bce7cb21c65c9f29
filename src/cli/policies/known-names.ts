import { readFileSync } from 'node:fs'
import { parseYamlFile } from '../../app/config/yaml-file.ts'
import type { KnownNames } from '../../policy/lint-names.ts'

/**
 * The roles and MCP servers that a configuration names, without its secrets: only these sections
 * are read. Nothing is known where there is no configuration or where it cannot be read.
 */
export function knownNames(config: string | null): KnownNames {
  const nothing = { roles: null, tools: null }
  if (config === null) return nothing
  const sections = ['identity', 'agents', 'mcp']
  const yaml = parseYamlFile(config, readFileSync(config, 'utf8'), process.env, sections)
  if (!yaml.ok) return nothing
  const { data } = yaml.value
  const people = listAt(data, ['identity', 'people'])
  const agents = listAt(data, ['agents'])
  const servers = listAt(data, ['mcp', 'servers'])
  // Roles that an issuer maps come from its own directory, which nobody can list here.
  const isOpen = member(member(data, 'identity'), 'issuers') !== undefined
  const roles = [...people, ...agents].flatMap((one) => textsOf(member(one, 'roles')))
  return {
    roles: isOpen ? null : new Set(['agent', ...roles]),
    tools: new Set(servers.flatMap((one) => textsOf([member(one, 'id')]))),
  }
}

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined

const listAt = (data: unknown, path: readonly string[]): readonly unknown[] => {
  const found = path.reduce(member, data)
  return Array.isArray(found) ? found : []
}

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

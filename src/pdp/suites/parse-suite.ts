import type { SourceFile } from '../../policy/diagnostic.ts'
import { report } from '../../policy/diagnostic.ts'
import type { Fields } from '../../policy/fields.ts'
import {
  listOf,
  mapOf,
  openFields,
  optionalBoolean,
  optionalText,
  requiredNode,
  requiredText,
  textOf,
  textsOf,
} from '../../policy/fields.ts'
import { jsonOf } from '../../policy/parse-definitions.ts'
import { readYaml } from '../../policy/read-yaml.ts'
import type { NameRef } from '../../policy/tree.ts'
import type { YamlNode } from '../../policy/yaml-node.ts'
import { FIXTURE_FIELDS, parseFixtures } from './parse-fixtures.ts'
import { parseOptions } from './parse-options.ts'
import type {
  Effect,
  Expectation,
  Fixtures,
  OutputExpectation,
  Selection,
  Suite,
  TestTable,
} from './suite.ts'

/** Reads a suite (`*_test.yaml`). Problems are reported to the file, all of them. */
export function parseSuite(file: SourceFile): Suite | null {
  const fields = openRoot(file, 'a test suite', [
    'name',
    'description',
    'skip',
    'skipReason',
    'options',
    'tests',
    ...FIXTURE_FIELDS,
  ])
  if (fields === null) return null
  const name = requiredText(fields, 'name')
  requiredNode(fields, 'tests')
  return {
    file,
    name: name ?? file.path,
    description: optionalText(fields, 'description') ?? '',
    skip: parseSkip(fields),
    options: parseOptions(fields),
    fixtures: parseFixtures(fields),
    tests: parseTests(fields),
  }
}

/** Reads a file of `testdata`: fixtures for all suites beside it. */
export function parseSharedFixtures(file: SourceFile): Fixtures | null {
  const fields = openRoot(file, 'shared fixtures', FIXTURE_FIELDS)
  return fields === null ? null : parseFixtures(fields)
}

function openRoot(file: SourceFile, what: string, known: readonly string[]): Fields | null {
  const root = readYaml(file)
  if (root !== null) return openFields(file, root, what, { known: ['$schema', ...known] })
  if (file.problems.length === 0)
    report(file, 0, { code: 'field_missing', message: 'the file is empty' })
  return null
}

function parseSkip(fields: Fields): string | null {
  const why = optionalText(fields, 'skipReason') ?? ''
  return optionalBoolean(fields, 'skip') === true ? why : null
}

function parseTests(fields: Fields): readonly TestTable[] {
  const tests = new Map<string, TestTable>()
  for (const item of listOf(fields, 'tests')) {
    const table = parseTest(fields.file, item)
    if (table === null) continue
    if (tests.has(table.name)) {
      const message = `two tests are named \`${table.name}\``
      report(fields.file, item.at, { code: 'name_duplicate', message })
    }
    tests.set(table.name, table)
  }
  return [...tests.values()]
}

function parseTest(file: SourceFile, node: YamlNode): TestTable | null {
  const fields = openFields(file, node, 'a test', {
    known: ['name', 'description', 'skip', 'skipReason', 'options', 'input', 'expected'],
    notYet: ['record'],
  })
  if (fields === null) return null
  const name = requiredText(fields, 'name')
  const inputNode = requiredNode(fields, 'input')
  const input =
    inputNode === null
      ? null
      : openFields(file, inputNode, '`input`', {
          known: [...SELECTIONS, 'actions', 'auxData', 'actor'],
        })
  if (name === null || input === null) return null
  requiredNode(input, 'actions')
  const expected = listOf(fields, 'expected').map((item) => parseExpectation(file, item))
  return {
    name,
    at: node.at,
    description: optionalText(fields, 'description') ?? '',
    skip: parseSkip(fields),
    options: parseOptions(fields),
    principals: selectionOf(input, 'principal'),
    resources: selectionOf(input, 'resource'),
    actions: textsOf(input, 'actions').map((action) => action.name),
    auxData: refOf(input, 'auxData'),
    actor: refOf(input, 'actor'),
    expected: expected.filter((one) => one !== null),
  }
}

const SELECTIONS = ['principals', 'principalGroups', 'resources', 'resourceGroups']

/** `principals` and `principalGroups`, and in expectations a single `principal`; at least one. */
function selectionOf(fields: Fields, noun: 'principal' | 'resource'): Selection {
  const single = refOf(fields, noun)
  const names = [...(single === null ? [] : [single]), ...textsOf(fields, `${noun}s`)]
  const groups = textsOf(fields, `${noun}Groups`)
  if (names.length === 0 && groups.length === 0) {
    const message = `${fields.name} needs \`${noun}s\` or \`${noun}Groups\``
    report(fields.file, fields.at, { code: 'field_missing', message })
  }
  return { names, groups }
}

function refOf(fields: Fields, key: string): NameRef | null {
  const name = optionalText(fields, key)
  return name === null ? null : { name, at: fields.entries.get(key)?.value.at ?? fields.at }
}

function parseExpectation(file: SourceFile, node: YamlNode): Expectation | null {
  const fields = openFields(file, node, 'an expectation', {
    known: ['principal', 'resource', ...SELECTIONS, 'actions', 'outputs'],
  })
  if (fields === null) return null
  return {
    at: node.at,
    principals: selectionOf(fields, 'principal'),
    resources: selectionOf(fields, 'resource'),
    actions: [...mapOf(fields, 'actions')].flatMap(([name, entry]) => {
      const effect = parseEffect(file, name, entry.value)
      return effect === null ? [] : [{ name, at: entry.keyAt, effect }]
    }),
    outputs: listOf(fields, 'outputs').flatMap((item) => parseOutputs(file, item)),
  }
}

const EFFECTS: Readonly<Record<string, Effect>> = { EFFECT_ALLOW: 'allow', EFFECT_DENY: 'deny' }

function parseEffect(file: SourceFile, action: string, node: YamlNode): Effect | null {
  const text = textOf(file, node, `the effect of \`${action}\``)
  if (text === null) return null
  const effect = Object.hasOwn(EFFECTS, text) ? EFFECTS[text] : undefined
  if (effect !== undefined) return effect
  const message = `the effect of \`${action}\` cannot be \`${text}\``
  const hint = 'it is `EFFECT_ALLOW` or `EFFECT_DENY`'
  report(file, node.at, { code: 'value_invalid', message, hint })
  return null
}

function parseOutputs(file: SourceFile, node: YamlNode): readonly OutputExpectation[] {
  const fields = openFields(file, node, 'expected outputs', { known: ['action', 'expected'] })
  const action = fields === null ? null : requiredText(fields, 'action')
  if (fields === null || action === null) return []
  return listOf(fields, 'expected').flatMap((item) => {
    const entry = openFields(file, item, 'an expected output', { known: ['src', 'val'] })
    const src = entry === null ? null : requiredText(entry, 'src')
    if (entry === null || src === null) return []
    const value = entry.entries.get('val')?.value
    return [{ action, at: item.at, src, value: value === undefined ? null : jsonOf(value) }]
  })
}

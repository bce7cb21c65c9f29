import type { SourceFile } from './diagnostic.ts'
import { report } from './diagnostic.ts'
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from './yaml-node.ts'
import { describeNode } from './yaml-node.ts'

/** A map of a policy file while its fields are read; `name` is how messages call it. */
export type Fields = {
  readonly file: SourceFile
  readonly name: string
  readonly at: number
  readonly entries: ReadonlyMap<string, YamlEntry>
}

/** What a map may hold; a field that the language has and this version does not is named as such. */
export type Shape = { readonly known: readonly string[]; readonly notYet?: readonly string[] }

/** Opens a map and reports every field that it may not have. Null when it is no map. */
export function openFields(
  file: SourceFile,
  node: YamlNode,
  name: string,
  shape: Shape,
): Fields | null {
  if (node.kind !== 'map') {
    report(file, node.at, {
      code: 'value_invalid',
      message: `${name} must be a map, not ${describeNode(node)}`,
    })
    return null
  }
  for (const [key, entry] of node.entries) {
    if (shape.known.includes(key)) continue
    if (shape.notYet?.includes(key)) reportNotSupported(file, entry.keyAt, name, key)
    else reportUnknown(file, entry.keyAt, name, key, shape.known)
  }
  return { file, name, at: node.at, entries: node.entries }
}

function reportNotSupported(file: SourceFile, at: number, where: string, key: string): void {
  const message = `\`${key}\` of ${where} is not supported: this version does not accept it`
  report(file, at, {
    code: 'not_supported',
    message,
    hint: `remove \`${key}\`; nothing is decided while it stands there`,
  })
}

function reportUnknown(
  file: SourceFile,
  at: number,
  where: string,
  key: string,
  known: readonly string[],
): void {
  const near = known.find((name) => name.toLowerCase() === key.toLowerCase() || isNear(name, key))
  const hint =
    near === undefined ? `${where} may have: ${known.join(', ')}` : `did you mean \`${near}\`?`
  report(file, at, { code: 'field_unknown', message: `${where} has no field \`${key}\``, hint })
}

/** Whether one insertion, deletion or replacement turns one word into the other. */
function isNear(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 1) return false
  let head = 0
  while (head < left.length && left[head] === right[head]) head++
  let tail = 0
  const tailMax = Math.min(left.length, right.length) - head
  while (tail < tailMax && left.at(-1 - tail) === right.at(-1 - tail)) tail++
  return Math.max(left.length, right.length) - head - tail <= 1
}

/** The field's node, or null; a field that holds nothing (`rules:`) counts as absent. */
export function optionalNode(fields: Fields, key: string): YamlNode | null {
  const value = fields.entries.get(key)?.value
  return value === undefined || (value.kind === 'scalar' && value.value === null) ? null : value
}

/** The field's node, or null with a problem reported when it is absent. */
export function requiredNode(fields: Fields, key: string): YamlNode | null {
  const node = optionalNode(fields, key)
  if (node === null) {
    const at = fields.entries.get(key)?.keyAt ?? fields.at
    report(fields.file, at, { code: 'field_missing', message: `${fields.name} needs \`${key}\`` })
  }
  return node
}

export type TextRule = { readonly pattern?: RegExp; readonly says?: string }

/** Text that is present and not empty, or null with a problem reported. */
export function requiredText(fields: Fields, key: string, rule: TextRule = {}): string | null {
  const node = requiredNode(fields, key)
  return node === null ? null : textOf(fields.file, node, `\`${key}\` of ${fields.name}`, rule)
}

/** Text that is not empty; null when it is absent, or with a problem reported. */
export function optionalText(fields: Fields, key: string, rule: TextRule = {}): string | null {
  const node = optionalNode(fields, key)
  return node === null ? null : textOf(fields.file, node, `\`${key}\` of ${fields.name}`, rule)
}

/** Text that is not empty and fits the rule, or null with a problem reported. */
export function textOf(
  file: SourceFile,
  node: YamlNode,
  what: string,
  rule: TextRule = {},
): string | null {
  const scalar = textScalar(file, node, what)
  if (scalar === null) return null
  const text = scalar.value
  if (rule.pattern === undefined || rule.pattern.test(text)) return text
  const says = rule.says ?? `it must match \`${rule.pattern.source}\``
  report(file, node.at, {
    code: 'value_invalid',
    message: `${what} cannot be \`${text}\`: ${says}`,
  })
  return null
}

export type TextScalar = YamlScalar & { readonly value: string }

export function textScalar(file: SourceFile, node: YamlNode, what: string): TextScalar | null {
  if (node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '') {
    return { ...node, value: node.value }
  }
  const isScalar = node.kind === 'scalar' && node.value !== null && node.value !== ''
  const hint = isScalar ? { hint: 'put it in quotes' } : {}
  const found = node.kind === 'scalar' && node.value === '' ? 'empty' : describeNode(node)
  report(file, node.at, {
    code: 'value_invalid',
    message: `${what} must be text, not ${found}`,
    ...hint,
  })
  return null
}

/** A list's items; absent is empty, and anything but a list is reported. */
export function listOf(fields: Fields, key: string): readonly YamlNode[] {
  const node = optionalNode(fields, key)
  if (node === null) return []
  if (node.kind === 'list') return node.items
  const message = `\`${key}\` of ${fields.name} must be a list, not ${describeNode(node)}`
  report(fields.file, node.at, { code: 'value_invalid', message })
  return []
}

/** A map's entries; absent is empty, and anything but a map is reported. */
export function mapOf(fields: Fields, key: string): YamlMap['entries'] {
  const node = optionalNode(fields, key)
  if (node === null) return new Map()
  if (node.kind === 'map') return node.entries
  const message = `\`${key}\` of ${fields.name} must be a map, not ${describeNode(node)}`
  report(fields.file, node.at, { code: 'value_invalid', message })
  return new Map()
}

/** A list of different texts. */
export function textsOf(
  fields: Fields,
  key: string,
  rule: TextRule = {},
): readonly { readonly name: string; readonly at: number }[] {
  const texts = new Map<string, { readonly name: string; readonly at: number }>()
  for (const item of listOf(fields, key)) {
    const name = textOf(fields.file, item, `an entry of \`${key}\` of ${fields.name}`, rule)
    if (name === null) continue
    if (texts.has(name)) {
      const message = `\`${name}\` stands twice in \`${key}\` of ${fields.name}`
      report(fields.file, item.at, { code: 'value_duplicate', message })
    } else texts.set(name, { name, at: item.at })
  }
  return [...texts.values()]
}

/** True or false; null when it is absent, or with a problem reported. */
export function optionalBoolean(fields: Fields, key: string): boolean | null {
  const node = optionalNode(fields, key)
  if (node === null) return null
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value
  const message = `\`${key}\` of ${fields.name} must be true or false, not ${describeNode(node)}`
  report(fields.file, node.at, { code: 'value_invalid', message })
  return null
}

/** A value of a policy file that remembers where it stands. Offsets count UTF-16 units from 0. */
export type YamlNode = YamlScalar | YamlList | YamlMap

export type YamlScalar = {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly at: number
  readonly style: ScalarStyle
  /** End of the scalar as written, quotes included. */
  readonly end: number
}

/** How a scalar was written, which decides how a place in its value maps to a place in the file. */
export type ScalarStyle = 'plain' | 'single_quoted' | 'double_quoted' | 'block'

export type YamlList = {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly at: number
}

export type YamlMap = {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, YamlEntry>
  readonly at: number
}

export type YamlEntry = { readonly keyAt: number; readonly value: YamlNode }

/** The noun for messages: what stands there instead of what was expected. */
export function describeNode(node: YamlNode): string {
  switch (node.kind) {
    case 'list':
      return 'a list'
    case 'map':
      return 'a map'
    case 'scalar':
      return node.value === null ? 'nothing' : `a ${typeof node.value}`
  }
}

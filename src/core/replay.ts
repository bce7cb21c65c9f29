import type { Facts } from './facts.ts'
import type { Caller } from './identity.ts'
import { isJsonObject } from './json.ts'
import type { Ask, Context, Resource } from './question.ts'
import { readJsonText } from './read-json.ts'

/** What a decision was made from, kept sealed beside its record so that it can be made again. */
export type Replay = {
  readonly caller: Caller
  readonly asks: readonly Ask[]
  readonly context: Context
  readonly facts: Facts
}

/** A replay as text. A resource that several actions are asked about stands in it once. */
export function writeReplay({ caller, asks, context, facts }: Replay): string {
  const resources: Resource[] = []
  const places = asks.map(({ action, resource }) => {
    let place = resources.lastIndexOf(resource)
    if (place < 0) place = resources.push(resource) - 1
    return { action, resource: place }
  })
  return JSON.stringify({ caller, resources, asks: places, context, facts })
}

/** Reads what `writeReplay` wrote; null for anything else. */
export function readReplay(text: string): Replay | null {
  const read = readJsonText(text)
  if (!read.ok || !isJsonObject(read.value)) return null
  const { resources, asks, caller, context, facts } = read.value as unknown as {
    readonly resources?: readonly Resource[]
    readonly asks?: readonly { readonly action: string; readonly resource: number }[]
    readonly caller: Caller
    readonly context: Context
    readonly facts: Facts
  }
  if (!Array.isArray(resources) || !Array.isArray(asks)) return null
  const known: Ask[] = []
  for (const { action, resource } of asks) {
    const place = resources[resource]
    if (place === undefined) return null
    known.push({ action, resource: place })
  }
  return { caller, asks: known, context, facts }
}

/** A map that forgets its oldest entry when it is full. */
export type BoundedMap<V> = {
  readonly get: (key: string) => V | undefined
  readonly set: (key: string, value: V) => void
  readonly delete: (key: string) => void
  readonly clear: () => void
  readonly size: () => number
}

export function createBoundedMap<V>(sizeMax: number): BoundedMap<V> {
  const entries = new Map<string, V>()
  return {
    get: (key) => entries.get(key),
    set: (key, value) => {
      entries.delete(key)
      if (entries.size >= sizeMax)
        for (const oldest of entries.keys()) {
          entries.delete(oldest)
          break
        }
      entries.set(key, value)
    },
    delete: (key) => {
      entries.delete(key)
    },
    clear: () => {
      entries.clear()
    },
    size: () => entries.size,
  }
}

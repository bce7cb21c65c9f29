import type { Grant } from '../core/identity.ts'

/**
 * Whether the child grants nothing that the parent does not: its locations and its tools are among
 * the parent's, compared as bytes. A child without `tools` means every tool, so under a parent that
 * names tools it is no subset.
 */
export function subset(child: Grant, parent: Grant): boolean {
  if (!child.locations.every((location) => parent.locations.includes(location))) return false
  if (parent.tools === undefined) return true
  if (child.tools === undefined) return false
  const { tools } = parent
  return child.tools.every((tool) => tools.includes(tool))
}

import type { SurfacePort } from '../../core/path.ts'
import type { McpAsked } from './asked.ts'
import { createCatalogue, type CatalogueDeps } from './catalogue.ts'
import { createClassify, type ClassifyDeps, type McpClassified } from './classify.ts'
import { createForward } from './forward.ts'
import type { ForwardDeps } from './forwarding.ts'
import { createRead } from './read.ts'
import type { ReadDeps } from './reading.ts'
import { createRefuse } from './refuse.ts'
import { createCompileSchema } from './tool-schema.ts'

export type McpSurfaceDeps = ClassifyDeps &
  Omit<CatalogueDeps, 'compileSchema'> &
  Omit<ReadDeps, 'catalogue'> &
  ForwardDeps

/**
 * The door `/mcp/<server>`: Streamable HTTP in both eras of the protocol. Opens the catalogue that
 * its requests share.
 */
export function createMcpSurface(deps: McpSurfaceDeps): SurfacePort<McpClassified, McpAsked> {
  const catalogue = createCatalogue({ ...deps, compileSchema: createCompileSchema() })
  return {
    name: 'mcp',
    classify: createClassify(deps),
    read: createRead({ ...deps, catalogue }),
    refuse: createRefuse(deps),
    forward: createForward(deps),
  }
}

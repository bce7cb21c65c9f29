import type { SurfacePort } from '../../core/path.ts'
import { createClassify, type LlmClassified } from './classify.ts'
import { createForward, type ForwardDeps } from './forward.ts'
import { createCatalogue, type CatalogueConfig } from './provider.ts'
import { createRead, type LlmAsked } from './read.ts'
import { createRefuse } from './refuse.ts'

/** The door for model calls, in the wire formats of OpenAI and Anthropic (CONTRACTS 1). */
export function createLlmSurface(
  deps: ForwardDeps,
  config: CatalogueConfig,
): SurfacePort<LlmClassified, LlmAsked> {
  const catalogue = createCatalogue(config)
  return {
    name: 'llm',
    classify: createClassify(catalogue),
    read: createRead(catalogue),
    refuse: createRefuse(catalogue),
    forward: createForward(deps),
  }
}

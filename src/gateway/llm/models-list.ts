import type { JsonObject } from '../../core/json.ts'
import type { Dialect, Model } from './provider.ts'

/**
 * The list of models as the provider would write it, holding only what the caller may call. It is
 * always whole: there is no further page to ask for. Times are zero, because the config knows none.
 */
export function modelsList(dialect: Dialect, models: readonly Model[]): JsonObject {
  switch (dialect) {
    case 'openai':
      return {
        object: 'list',
        data: models.map(({ model, provider }) => ({
          id: model,
          object: 'model',
          created: 0,
          owned_by: provider,
        })),
      }
    case 'anthropic':
      return {
        data: models.map(({ model }) => ({
          type: 'model',
          id: model,
          display_name: model,
          created_at: '1970-01-01T00:00:00Z',
        })),
        has_more: false,
        first_id: models[0]?.model ?? null,
        last_id: models.at(-1)?.model ?? null,
      }
  }
}

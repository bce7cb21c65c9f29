import type { EpochKey } from '../../core/change.ts'

/** How an epoch's key stands in the table; the tenant's own epoch has no id. */
export const epochId = (key: EpochKey): string => (key.of === 'tenant' ? '' : key.id)

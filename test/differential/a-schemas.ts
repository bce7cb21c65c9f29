import fc from 'fast-check'

/** The schemas of one kind, and the actions that they let pass. */
export type Schemas = {
  readonly principal: object | null
  readonly resource: object | null
  readonly ignored: readonly string[]
}

const property = fc.constantFrom(
  { type: 'number' },
  { type: 'string' },
  { type: 'string', enum: ['a', 'alpha'] },
  { type: 'boolean' },
  { type: 'number', minimum: 2 },
  { type: 'array', items: { type: 'string' } },
  { type: 'object', required: ['n'], additionalProperties: false, properties: { n: {} } },
)
const aSchema = fc.option(
  fc.record({
    properties: fc.dictionary(fc.constantFrom('n', 's', 'flag', 'tags', 'o'), property),
    required: fc.subarray(['n', 's', 'flag']),
  }),
  { freq: 2 },
)
/** Schemas that most generated attributes fit, for both sides. */
export const aSchemas: fc.Arbitrary<Schemas | null> = fc.option(
  fc.record({
    principal: aSchema,
    resource: aSchema,
    ignored: fc.subarray(['view', 'edit', 'view:*', 'admin:*'], { maxLength: 2 }),
  }),
  { freq: 1 },
)

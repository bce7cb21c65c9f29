/**
 * What the demo's model answers: a fixed script instead of a model, so that the demo and the tests
 * say the same every time.
 */

/** A conversation, whichever wire format it came in. */
export type Conversation = {
  readonly model: string
  readonly stream: boolean
  readonly tools: readonly OfferedTool[]
  readonly lastUserText: string
  /** The text of the tool result that ends the conversation, or null when a user's message does. */
  readonly toolResult: string | null
}

export type OfferedTool = { readonly name: string; readonly required: readonly string[] }

export type Answer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly id: string; readonly name: string; readonly input: string }

const TOOL = 'refund'

/**
 * Offered `refund`, the model calls it with the amount of the last message; told that less would be
 * allowed, it asks for that; else it answers with a short text.
 */
export function answerTo(conversation: Conversation): Answer {
  const tool = conversation.tools.find(({ name }) => name === TOOL || name.endsWith(`_${TOOL}`))
  const { toolResult, lastUserText } = conversation
  if (tool !== undefined && toolResult === null) {
    const amount = amountIn(lastUserText)
    if (amount !== null) return call(tool, amount, lastUserText)
  }
  const allowed = toolResult === null ? null : allowedIn(toolResult)
  if (tool !== undefined && allowed !== null) return call(tool, allowed, lastUserText)
  if (toolResult !== null)
    return { kind: 'text', text: `The tool said: ${toolResult.slice(0, 200)}` }
  return { kind: 'text', text: 'I can help with tickets and refunds.' }
}

function call(tool: OfferedTool, amount: number, message: string): Answer {
  const input: Record<string, string | number> = { amount }
  for (const name of tool.required) if (name !== 'amount') input[name] = nameIn(message)
  return {
    kind: 'call',
    id: `call_${tool.name}_${amount}`,
    name: tool.name,
    input: JSON.stringify(input),
  }
}

/** What a message is about: `T-77`, or the word after `order`. */
const nameIn = (message: string): string =>
  /\b[A-Za-z]+-\d+\b/.exec(message)?.[0] ?? /\border (\w+)/i.exec(message)?.[1] ?? 'unknown'

/** The amount of money in a message, `$9,000` or `9000`: one with a sign first, else the largest number. */
function amountIn(text: string): number | null {
  const found = [...text.matchAll(/(?<![\w-])(\$?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w-])/g)]
  const signed = found.filter(([, sign]) => sign === '$')
  const values = (signed.length > 0 ? signed : found).map(([, , whole = '', fraction = '']) =>
    Number(`${whole.replaceAll(',', '')}${fraction}`),
  )
  return values.length === 0 ? null : Math.max(...values)
}

/** The bound that a denial names, such as `args.amount <= 500`. */
function allowedIn(text: string): number | null {
  const match = /amount\s*<=\s*(\d+(?:\.\d+)?)/.exec(text)
  return match === null ? null : Number(match[1])
}

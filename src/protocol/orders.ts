/** The orders that a member obeys on its control subject, and what it answers. */
import { objectIn, toBytes } from "../encoding/json.js"
import { BadInput } from "../errors/errors.js"

export const ORDERS = ["stop", "kill", "restart", "hand-over", "pause", "resume"] as const

/**
 * `stop`: kindly. `kill`: SIGKILL to its own process, at once. `restart`: kindly, then anew at the end of the
 * line. `hand-over`: gives up leading, to `to`. `pause`: takes no work, keeps its place. `resume`: takes it again.
 */
export type OrderName = (typeof ORDERS)[number]

export interface Order {
  readonly order: OrderName
  /** Id of the member to hand over to; the next in line if there is none. */
  readonly to?: string
}

export function encodeOrder(order: Order): Uint8Array {
  return toBytes(order)
}

/** The order in a message. Throws BadInput if it is none. */
export function decodeOrder(value: Uint8Array): Order {
  const { order, to } = objectIn(value)
  if (!(ORDERS as readonly unknown[]).includes(order)) {
    throw new BadInput("order", `one of ${ORDERS.join(", ")}`, order)
  }
  return { order: order as OrderName, ...(typeof to === "string" ? { to } : {}) }
}

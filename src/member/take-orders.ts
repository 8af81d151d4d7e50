/**
 * Obeys orders that come for one member, where that was allowed. An order is answered when it is understood and
 * begun; what comes of it shows in the pool.
 */
import type { Bus, BusMessage, BusSubscription } from "../contracts/bus.js"
import { reasonOf } from "../errors/errors.js"
import { listen } from "../protocol/listening.js"
import type { MemberLabel } from "../protocol/member.js"
import { decodeOrder, type Order } from "../protocol/orders.js"
import { Seal } from "../protocol/reply.js"

export interface TakeOrdersOptions {
  readonly bus: Bus
  readonly subject: string
  readonly member: MemberLabel
  /** Begins what is ordered, and leaves time for the answer; what it throws is the answer. */
  readonly obey: (order: Order) => void
}

/** Subscribes to orders; unsubscribe what it returns to end it. */
export function takeOrders(options: TakeOrdersOptions): BusSubscription {
  const seal = new Seal(options.member)
  const take = (message: BusMessage) => {
    try {
      const order = decodeOrder(message.data)
      options.obey(order)
      seal.answer(message, JSON.stringify(order))
    } catch (error) {
      seal.refuse(message, { status: 400, reason: reasonOf(error) })
    }
  }
  return listen(options.bus, options.subject, take)
}

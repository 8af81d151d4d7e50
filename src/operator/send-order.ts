/** Sends an order to a member, and says in words why it was not obeyed. */
import { failureIn } from "../client/answer.js"
import type { Bus } from "../contracts/bus.js"
import { isNoResponders, PoolError } from "../errors/errors.js"
import type { PoolNames } from "../protocol/names.js"
import { encodeOrder, type Order } from "../protocol/orders.js"

/** A member takes no orders: it was not started with control allowed, or it is gone. */
export class TakesNoOrders extends PoolError {
  override readonly name = "TakesNoOrders"
  override readonly code = "takes-no-orders"
  constructor(
    readonly id: string,
    options?: ErrorOptions,
  ) {
    super(`member ${id} takes no orders; start it with --allow-control`, options)
  }
}

const ANSWER_MS = 1_000

/** Resolves when the member `id` has begun to obey. Throws TakesNoOrders, WorkFailed, or NATS's timeout. */
export async function sendOrder(
  bus: Bus,
  names: PoolNames,
  id: string,
  order: Order,
): Promise<void> {
  try {
    const answer = await bus.request(names.control(id), encodeOrder(order), { timeout: ANSWER_MS })
    const failure = failureIn(answer)
    if (failure) throw failure.error
  } catch (error) {
    throw isNoResponders(error) ? new TakesNoOrders(id, { cause: error }) : error
  }
}

/** Asks on a bus, where it may be that nobody is there to answer. */
import { isNoResponders, isTimeout } from "../errors/errors.js"
import type { Bus } from "./bus.js"

/** What one of those that listen on `subject` answers; undefined if nobody listens, or answers within `timeout` ms. */
export async function askOne(
  bus: Bus,
  subject: string,
  question: Uint8Array,
  timeout: number,
): Promise<Uint8Array | undefined> {
  try {
    return (await bus.request(subject, question, { timeout })).data
  } catch (error) {
    if (isNoResponders(error) || isTimeout(error)) return undefined
    throw error
  }
}

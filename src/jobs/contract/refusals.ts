/** Why something was not stored, in the words of jobs. */
import {
  isAway,
  isJetStreamRefusal,
  isPayloadTooLarge,
  isWrongLastSequence,
  PayloadTooLarge,
  reasonOf,
} from "../../errors/errors.js"
import { StreamRefused } from "../../errors/job-errors.js"
import { fieldOf } from "../../errors/thrown.js"
import { sizeOf } from "./job-size.js"
import { AlreadyThere, type ToStore } from "./job-store.js"

/**
 * Has a write of `message` to `stream` throw AlreadyThere if it met something at `subject`, for that is no failure of the server;
 * PayloadTooLarge; and StreamRefused where the server took it and said no.
 */
export function refusalOf(
  stream: string,
  subject: string | undefined,
  message: Pick<ToStore, "data" | "headers">,
  maxPayload = Number.POSITIVE_INFINITY,
): (error: unknown) => never {
  return (cause) => {
    if (isWrongLastSequence(cause)) throw new AlreadyThere(subject)
    if (isPayloadTooLarge(cause)) throw new PayloadTooLarge(sizeOf(message), maxPayload, { cause })
    if (!isJetStreamRefusal(cause) || isAway(cause)) throw cause
    // What is wrong with the message, or the stream, stays so; that it is full does not.
    const isForGood = fieldOf(cause, "status") === 400
    throw new StreamRefused(stream, reasonOf(cause), isForGood, { cause })
  }
}

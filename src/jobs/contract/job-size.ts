/**
 * How much a job may hold. What is noted of it later goes with it as headers (how often it failed, why it is dead), so a job
 * that just fits could be stored, and neither be tried again nor be put with the dead.
 */
import type { MsgHdrs } from "nats"
import { lengthOf } from "../../encoding/headers.js"
import { PayloadTooLarge } from "../../errors/errors.js"
import type { JobStore } from "./job-store.js"

/** For what is noted later, in bytes; of a server that takes very little no more than half. */
const ROOM = 4_096

interface Sized {
  readonly data: Uint8Array
  readonly headers?: MsgHdrs | undefined
}

/** How long it is on the wire, in bytes. */
export function sizeOf({ data, headers }: Sized): number {
  return data.length + (headers ? lengthOf(headers) : 0)
}

/** Throws PayloadTooLarge for more than a job may hold. */
export function checkSize({ maxPayload }: Pick<JobStore, "maxPayload">, job: Sized): void {
  if (maxPayload === undefined) return
  const room = Math.min(ROOM, maxPayload / 2)
  const bytes = sizeOf(job)
  if (bytes > maxPayload - room) throw new PayloadTooLarge(bytes, maxPayload, undefined, room)
}

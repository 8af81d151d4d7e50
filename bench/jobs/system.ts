/** Whoever stores jobs and hands them out, as the bench measures it: our own, the plain client, and a peer. */
import type { Takers } from "./takers.js"

/** What each job holds: 128 bytes, as the requests of the bench do. */
export const PAYLOAD = "x".repeat(128)

export interface JobSystem {
  readonly what: string
  readonly takers: Takers
  /** Stores a job; resolves when it is acknowledged. */
  enqueue(): Promise<unknown>
  /** Has something done, and resolves with what came of it: a job, or a plain request. */
  roundTrip(): Promise<unknown>
  close(): Promise<void>
}

/**
 * A reign as the code that runs in it sees it: its term, whether it still holds, and a signal that fires
 * when it ends. Leading is computed from the clock at each question, never stored.
 */

/** Why a reign ended; the message of the signal's reason. */
export type EndReason =
  | "released"
  | "handed over"
  | "lease over"
  | "evicted"
  | "disconnected too long"
  | "bucket lost"
  | "preempted"
  | "stalled"
  | "stopping"
  | "failed"

/** What aborts the signal of a reign. */
export class ReignEnded extends Error {
  override readonly name = "ReignEnded"
  readonly code = "reign-ended"
  constructor(
    readonly reason: EndReason,
    readonly term: number,
  ) {
    super(`the reign with term ${term} ended: ${reason}`)
  }
}

/** Where a message was stored. */
export interface Published {
  readonly stream: string
  readonly seq: number
}

/** Stores what a leader publishes. */
export type Publish = (
  leadership: Leadership,
  subject: string,
  payload: unknown,
) => Promise<Published>

/** One reign of this member. */
export interface Leadership {
  /** The fencing token: pass it along with every write elsewhere, and let the other side refuse a lower one. */
  readonly term: number
  /**
   * Fires when the reign ends, before anyone else can lead; its `reason` is a ReignEnded.
   *
   * Like `isLeading()` it is computed: `aborted`, `reason` and `throwIfAborted()` compare the clocks, so that in a process
   * that was frozen whoever looks before each act does nothing in a reign that is over. What waits for the signal, its
   * listeners and all that was given it, hears of the end only when a timer rings or somebody looks, and after a freeze
   * other timers, and answers that came in meanwhile, may be dealt with before. Node's own parts (`fetch`, timers, streams,
   * processes, files, `events.once`) look when they are given the signal, and then wait; so does a signal made of it with
   * `AbortSignal.any`, at least before Node 24. So: look after each wait, before each act; and since a process can be
   * frozen between the look and the act, pass `term` along.
   */
  readonly signal: AbortSignal
  /** Whether this member leads at this instant, and takes work as leader. */
  isLeading(): boolean
  /**
   * Milliseconds until somebody else could lead, if no further renewal is acknowledged. Above 0 also while the
   * reign winds down, when it takes nothing new but what it began may still be answered; 0 once it is over.
   */
  remainingMs(): number
  /**
   * Stores a message in the pool's own stream, `POOL_<pool>_fenced`, under `<pool>.fenced.<subject>`; the server itself
   * refuses it once a later reign has published there. `payload` is sent as it is if it is text or bytes, else as JSON.
   * Throws TypeError for what JSON would lose, ReignEnded, FencedOff (then nothing was stored), ServerTooOld below server
   * 2.11, and NoFence in a pool without a server.
   */
  publish(subject: string, payload?: unknown): Promise<Published>
}

/**
 * Whoever gives jobs back in the name of a worker when its process dies, and what is said to him, also from one process to
 * another.
 */

/** Jobs that a worker runs, for whoever gives them back in its name when its process dies. */
export interface HeldJob {
  /** To be published to, with `-NAK`: the job goes on elsewhere. */
  readonly ticket: string
  /**
   * How many ms after that, said to the server as `-NAK {"delay":…}`, in ns. Default: 0. Of several servers the one that
   * hands it out may have to learn first that this worker is gone, and would hand it to nobody else.
   */
  readonly afterMs?: number
  /** For how long that may be done from now on, in ms: after that the job may be another's. */
  readonly forMs: number
}

/** Gives jobs back in the name of a worker whose process died. */
export interface JobWitness {
  /** These are run, or run on; and `over`, by their tickets, are done with since the last call. */
  readonly holds: (jobs: readonly HeldJob[], over: readonly string[]) => void
  /** These are given back, or will be; resolves when that is known where it must be. */
  readonly letsGo: (tickets: readonly string[]) => Promise<void>
}

/** One of those, as it is told. */
export type HeldWord = readonly [ticket: string, monoMs: number, wallMs: number, afterMs?: number]

/** Jobs that a worker runs. */
export interface JobsWord {
  readonly type: "jobs"
  /**
   * By what each can be given back, and until when that may be done: by the monotonic clock of the machine, and by the one on
   * the wall, in ms; and how much later it is to be handed out, if not at once.
   */
  readonly held: readonly HeldWord[]
  /** Those that are not to be given back any more. */
  readonly over: readonly string[]
}

/** What can become of a job, as who enqueued it or runs it is told. */
import { PoolError, reasonOf } from "./errors.js"

/** The job has failed for good: it is among the dead letters, from where it can be had again. */
export class JobFailed extends PoolError {
  override readonly name = "JobFailed"
  override readonly code = "job-failed"
  constructor(
    readonly queue: string,
    readonly id: string,
    /** What its last attempt failed with, or that its workers died. */
    readonly reason: string,
  ) {
    super(`job ${id} of queue "${queue}" failed for good: ${reason}; see: pool jobs show ${id}`)
  }
}

/** The job was cancelled; also what the signal of a handler fires with. */
export class JobCancelled extends PoolError {
  override readonly name = "JobCancelled"
  override readonly code = "job-cancelled"
  constructor(
    readonly queue: string,
    readonly id: string,
    readonly reason: string,
  ) {
    super(`job ${id} of queue "${queue}" was cancelled: ${reason}`)
  }
}

/** It was not heard in time what became of the job. It goes on. */
export class NoResult extends PoolError {
  override readonly name = "NoResult"
  override readonly code = "no-result"
  constructor(
    readonly queue: string,
    readonly id: string,
    readonly timeoutMs: number,
    /** How it stands: `it waits`, `it runs`. */
    readonly standing: string,
  ) {
    super(`job ${id} of queue "${queue}": no result within ${timeoutMs} ms; ${standing}`)
  }
}

/** The job is gone, and what became of it was not heard here: it was done, or cancelled. */
export class JobGone extends PoolError {
  override readonly name = "JobGone"
  override readonly code = "job-gone"
  constructor(
    readonly queue: string,
    readonly id: string,
    /** Whether the server can keep results. */
    canKeep = true,
  ) {
    const way = canKeep
      ? "keep results with keepResultMs"
      : "the server keeps none, which takes nats-server 2.11 or later; upgrade it"
    super(
      `job ${id} of queue "${queue}" is gone, done or cancelled, and its result was not heard here; ${way}`,
    )
  }
}

/** The job was done, and what its handler returned can't be sent: it is too large, or nothing that JSON can hold. */
export class ResultUnsent extends PoolError {
  override readonly name = "ResultUnsent"
  override readonly code = "result-unsent"
  constructor(
    readonly queue: string,
    readonly id: string,
    readonly reason: string,
  ) {
    super(`job ${id} of queue "${queue}" was done, but its result can't be sent: ${reason}`)
  }
}

/** The job is not this worker's any more, for its lease was not renewed in time: what the signal of a handler fires with. */
export class JobLeaseOver extends PoolError {
  override readonly name = "JobLeaseOver"
  override readonly code = "job-lease-over"
  constructor(
    readonly queue: string,
    readonly id: string,
  ) {
    super(`the lease of job ${id} of queue "${queue}" is over: somebody else may run it by now`)
  }
}

/** There is no such job: it was never there, is done, or was cancelled. */
export class NoSuchJob extends PoolError {
  override readonly name = "NoSuchJob"
  override readonly code = "no-such-job"
  constructor(
    readonly pool: string,
    readonly id: string,
  ) {
    super(`no job ${id} in pool "${pool}": it never was there, is done, or was cancelled`)
  }
}

/** The job is not where it would have to be for what was asked: one that runs can't be retried, a dead one not be cancelled. */
export class WrongJobState extends PoolError {
  override readonly name = "WrongJobState"
  override readonly code = "wrong-job-state"
  constructor(
    readonly id: string,
    /** How it stands: `it is dead`. */
    readonly standing: string,
    /** What would be possible, of which jobs: `only one that is dead can be discarded`. */
    readonly possible: string,
  ) {
    super(`job ${id}: ${standing}, and ${possible}; see: pool jobs show ${id}`)
  }
}

/** Some of many jobs could not be enqueued; those that could are. */
export class NotAllEnqueued extends PoolError {
  override readonly name = "NotAllEnqueued"
  override readonly code = "not-all-enqueued"
  constructor(
    readonly queue: string,
    /** Places in the list of those that were not enqueued. */
    readonly missing: readonly number[],
    readonly count: number,
    options: { readonly cause: unknown },
  ) {
    super(
      `${missing.length} of ${count} jobs for queue "${queue}" were not enqueued (${reasonOf(options.cause)}); enqueue these again`,
      options,
    )
  }
}

/** Of all that are dead, some could not be brought back, or forgotten. */
export class DeadLeft extends PoolError {
  override readonly name = "DeadLeft"
  override readonly code = "dead-left"
  constructor(
    /** With how many it was done. */
    readonly count: number,
    /** How many are dead as before. */
    readonly left: number,
    /** Why, of the first. */
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${left} of ${count + left} dead jobs stay where they are: ${reason}`, options)
  }
}

/** A stream of the pool's jobs refused what was to be stored. Nothing was. */
export class StreamRefused extends PoolError {
  override readonly name = "StreamRefused"
  override readonly code = "stream-refused"
  constructor(
    readonly stream: string,
    /** In the server's words. */
    readonly reason: string,
    /** Whether it will refuse the same again: it is sealed, or the message is too large; not if it is full. */
    readonly isForGood: boolean,
    options?: ErrorOptions,
  ) {
    super(
      `stream ${stream} stored nothing: ${reason}; see to it that it has room, and no limits that are too low: pool doctor`,
      options,
    )
  }
}

/** A stream lets nothing be removed: the job lies there still. */
export class NotRemoved extends PoolError {
  override readonly name = "NotRemoved"
  override readonly code = "not-removed"
  constructor(
    readonly stream: string,
    /** In the server's words. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `stream ${stream} keeps what was to be removed: ${reason}; see what to do with: pool doctor`,
      options,
    )
  }
}

/** What the stream of a pool's jobs should be, or take, is somebody else's. */
export class ForeignStream extends PoolError {
  override readonly name = "ForeignStream"
  override readonly code = "foreign-stream"
  constructor(
    readonly stream: string,
    readonly pool: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(
      `stream ${stream} can't hold the jobs of pool "${pool}": ${problem}; remove what is in the way, or give the pool another name`,
      options,
    )
  }
}

/** There is nowhere to keep jobs. */
export class NoJobs extends PoolError {
  override readonly name = "NoJobs"
  override readonly code = "no-jobs"
  constructor(
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`jobs: ${why}`, options)
  }
}

/** What a supervisor tells of the worker processes that it runs. */
import { PoolError } from "../errors/errors.js"

/** One worker process, as its supervisor knows it. */
export interface Worker {
  readonly name: string
  readonly pid: number
  /** Unique id of the member it runs; undefined before it joined. */
  readonly id: string | undefined
  readonly startedMs: number
}

/** A worker process ended, or never began, with a reason. */
export class WorkerFailed extends PoolError {
  override readonly name = "WorkerFailed"
  constructor(
    readonly worker: string,
    message: string,
    override readonly code: string = "worker-failed",
  ) {
    super(message)
  }
}

/** What happens to a worker process. */
export type WorkerEvent =
  | { readonly type: "joined"; readonly worker: Worker }
  | { readonly type: "failed"; readonly worker: Worker; readonly message: string }
  | {
      readonly type: "gone"
      readonly worker: Worker
      /** Whether it left kindly; otherwise its claim and entry are being cleared away. */
      readonly isKind: boolean
      /** Whether its supervisor had asked for it. */
      readonly isAskedFor: boolean
      readonly how: string
      /** Undefined if a signal ended it. */
      readonly exitCode: number | undefined
    }
  /** The system would not start a process for it: too many processes, no memory, no `node`. It has no pid. */
  | { readonly type: "unstarted"; readonly worker: Pick<Worker, "name">; readonly how: string }

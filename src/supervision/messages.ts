/** What a supervisor and its worker processes say to each other. */
import type { JobsWord } from "../jobs/give-back/job-witness.js"
import type { StandingClaim } from "../protocol/claim.js"
import type { WorkerSettings } from "./worker-settings.js"

/** From the supervisor. */
export type ToWorker =
  | { readonly type: "start"; readonly settings: WorkerSettings }
  /** Stop kindly. */
  | { readonly type: "stop" }

/** From the worker. */
export type FromWorker =
  /** It is ready, under this key and id; again after each restart of its service. */
  | { readonly type: "joined"; readonly key: string; readonly id: string }
  /** It holds this claim, acknowledged; or none any more. */
  | { readonly type: "holds"; readonly standing?: StandingClaim }
  /** A program runs in this process group. */
  | { readonly type: "runs"; readonly group: number }
  /** Nothing of that group runs any more. */
  | { readonly type: "ran"; readonly group: number }
  | JobsWord
  /** It moves; said again and again, if it is to be killed when it does not. */
  | { readonly type: "moves" }
  /** It left kindly; what follows is its exit. */
  | { readonly type: "left" }
  /** It could not join, or go on. */
  | { readonly type: "failed"; readonly message: string; readonly code: string }

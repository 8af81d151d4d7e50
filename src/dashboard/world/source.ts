/**
 * What the screen needs from a pool, and no more: events in, orders and requests out. A pool that runs stands behind it, or
 * in its tests nothing at all; the screen can't tell.
 */
import type { StandingClaim } from "../../protocol/claim.js"
import type { Member } from "../../protocol/member.js"
import type { JobLever, JobTarget } from "../jobs/job-levers.js"
import type { JobsLook } from "../jobs/jobs-seen.js"
import type { ServerLever, ServersSeen } from "./servers.js"

/** The two kinds of request: any worker answers the simple ones, the leader alone the tracked ones. */
export type WorkKind = "simple" | "tracked"

/** What a member can be told. `hand-over` names who shall lead next; the rest name who obeys. */
export type Lever =
  | "stop"
  | "kill"
  | "restart"
  | "hand-over"
  | "pause"
  | "resume"
  | "freeze"
  | "thaw"

/** How a member went: it said goodbye, its process died, it fell silent, its supervisor removed it. */
export type Ending = "left" | "killed" | "expired" | "evicted"

/** Whether the pool can be reached; `reason` says why not. */
export interface ConnectionState {
  readonly isUp: boolean
  readonly roundTripMs?: number
  readonly reason?: string
}

/** What the statistics of one member say, counted since it started. */
export interface Counters {
  /** Requests answered, of both kinds. */
  readonly done: number
  /** How many of these were tracked. */
  readonly tracked: number
  readonly failed: number
  readonly busy: number
  /** Median time of an answer in ns; the mean where the statistics know no median. */
  readonly p50Ns?: number
}

/** Something that happened in the pool. */
export type PoolEvent =
  /** A member's entry was seen: new, changed, or merely renewed. */
  | { readonly kind: "member"; readonly member: Member }
  | { readonly kind: "left"; readonly id: string; readonly how: Ending; readonly why?: string }
  /** The claim was seen: new, renewed or released; `undefined` when it vanished. */
  | {
      readonly kind: "claim"
      readonly standing: StandingClaim | undefined
      /** When it was written, in ms since 1970 on the clock by which it says since when it stands. Absent: now, by ours. */
      readonly writtenMs?: number | undefined
    }
  /** All that was there when listening began has been told; what follows is news. */
  | { readonly kind: "caught-up" }
  /** Also sent for a new round trip. After an outage everything that lives is told again. */
  | ({ readonly kind: "connection" } & ConnectionState)
  /** From the services' statistics, by member id, twice a second. */
  | { readonly kind: "counters"; readonly counters: ReadonlyMap<string, Counters> }
  /** The servers of the cluster as they stand, where there are several: told every second, and when one changes. */
  | { readonly kind: "servers"; readonly seen: ServersSeen }
  /** The jobs, each second while they are shown; or why they could not be looked at. */
  | { readonly kind: "jobs"; readonly look: JobsLook | { readonly problem: string } }
  /** An entry that can't be read; it may come again, the screen tells it once. */
  | { readonly kind: "undecodable"; readonly key: string; readonly reason: string }

/** Who answered a request. */
export interface Reply {
  /** Name of the worker. */
  readonly worker: string
  readonly id?: string
  /** From a leader: the term in which it answered. */
  readonly term?: number
  /** From sending to receiving. */
  readonly ms: number
}

/** A pool, as the dashboard sees it and pulls its levers. Failures reject with an Error whose message is for people. */
export interface PoolSource {
  /** Name of the pool. */
  readonly pool: string
  /** Address of the server, without credentials. */
  readonly server: string
  /** How long an entry lives without a renewal. */
  readonly memberTtlMs: number
  /** Folder of the logs, if there is one on this machine. */
  readonly logs?: string
  /** Whether `close` also stops the workers: they were started by this dashboard. */
  readonly ownsPool: boolean

  /** Tells what is there, then `caught-up`, then what happens. Returns what ends it. One listener at a time. */
  listen(heard: (event: PoolEvent) => void): () => void

  /** Sends one request and resolves with its answer. */
  request(kind: WorkKind, payload: string): Promise<Reply>

  /**
   * Tells the member `id` what to do; resolves once it obeys. What comes of it arrives as events, so words
   * are only needed where there is more to say, such as "it did not answer: its supervisor killed it".
   */
  order(id: string, order: Lever): Promise<string | undefined>

  /** Starts one more worker and resolves with its name. Absent where the dashboard can't start any. */
  startWorker?(): Promise<string>

  /**
   * Does something to the server `name`, and resolves when it is done: for a lame duck when it has ended. Absent where
   * the servers are somebody else's.
   */
  orderServer?(name: string, lever: ServerLever): Promise<void>

  /**
   * Looks at the jobs, at once and each second, until `showJobs(false)`; nothing is asked about them otherwise. Absent where
   * there can be none.
   */
  showJobs?(isShown: boolean): void

  /** Does something to a job, or to a queue; resolves with what came of it. */
  orderJobs?(lever: JobLever, target: JobTarget): Promise<string>

  /** Ends everything this source opened; a pool that the dashboard owns is stopped kindly first. */
  close(): Promise<void>
}

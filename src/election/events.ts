/**
 * The words of the election: the events that go into its state machine, and the decisions that come out.
 * Whoever drives the machine turns the world into events and carries the decisions out, in their order.
 */
import type { EndReason } from "../lease/leadership.js"
import type { Lease } from "../lease/lease.js"
import type { Claim, Heir, Reign, StandingClaim, Word } from "../protocol/claim.js"
import type { Crowd } from "../protocol/crowd.js"
import type { Found } from "../protocol/entries.js"

/** What happened. */
export type ElectionEvent =
  /** The member's entry is written and its subscriptions are live. */
  | { readonly type: "joined" }
  /** The time of `wakeAtMs` has come. May come early or late. */
  | { readonly type: "wake" }
  /** A claim was announced, or a change of the key was watched. */
  | { readonly type: "heard"; readonly found: Found }
  /** The answer to the decision `read` with this id. */
  | { readonly type: "read"; readonly id: number; readonly found: Found }
  | { readonly type: "read-failed"; readonly id: number }
  /** A holder or its supervisor says that a reign is over. */
  | { readonly type: "word"; readonly word: Word }
  /** The answer to the decision `rank`: this member's place (0 is first), and whether others are old. */
  | { readonly type: "ranked"; readonly place: number; readonly veterans: boolean }
  | { readonly type: "rank-failed" }
  /** In place of that: so many begin now who are older than this member, and come before it to list all. */
  | { readonly type: "queued"; readonly older: number }
  /** The write of this attempt was acknowledged, was refused, or nobody knows. */
  | { readonly type: "written"; readonly attempt: number; readonly revision: number }
  | { readonly type: "refused"; readonly attempt: number }
  | { readonly type: "unsure"; readonly attempt: number }
  /** The line of succession behind this leader, as its strategy sees it now. */
  | { readonly type: "line"; readonly line: SuccessionLine }
  /** While the line is not known yet: the member with this key is not there any more. */
  | { readonly type: "gone"; readonly key: string }
  | { readonly type: "connected" }
  | { readonly type: "disconnected" }
  /** This member should give up leading, to `to` if it is named. */
  | { readonly type: "resign"; readonly reason: EndReason; readonly to?: Heir }
  /** All that the reign of this term had started is finished, or its time for that is over. */
  | { readonly type: "wound-down"; readonly term: number }
  /** The heirs of the reign of this term were told, or the release was written. */
  | { readonly type: "handed-on"; readonly term: number }

/** Who comes next, and why. */
export interface SuccessionLine {
  readonly heirs: readonly Heir[]
  readonly strategy: string
  readonly reason: string
  /** Where the pool has many members. */
  readonly crowd?: Crowd | undefined
}

/** A reign as it begins, with what its holder knows of how the one before ended. */
export interface BegunReign {
  readonly term: number
  /** It was handed over to this member, by an operator or a program. */
  readonly isOrdered?: true
  /** Id of the last holder, if its lease ran out without a word. */
  readonly lapsed?: string
}

/** Takes what is to be done. */
export type Decide = (decision: Decision) => void

export interface LeadDecision extends BegunReign {
  readonly do: "lead"
  /** Of its claim: says at any instant whether it still holds. */
  readonly lease: Pick<Lease, "leads" | "remainingMs">
}

/** What is to be done. */
export type Decision =
  /** Read the claim. */
  | { readonly do: "read"; readonly id: number }
  /** List the members, rank them, and say which place this one has; or else, if its turn to list has not come, how many come before. */
  | { readonly do: "rank"; readonly isTurn: boolean }
  /** Listen for tracked work, hold what arrives, and compare-and-set the claim over revision `over`. */
  | {
      readonly do: "claim"
      readonly attempt: number
      readonly over: number
      readonly claim: Claim
    }
  /** The claim went to somebody else: stop listening, forget what was held. */
  | { readonly do: "stand-down" }
  /** Compare-and-set the renewed claim over revision `over`. */
  | {
      readonly do: "renew"
      readonly attempt: number
      readonly over: number
      readonly claim: Claim
    }
  /** The claim is acknowledged: lead, and answer what was held. */
  | LeadDecision
  /** Tell what stands now: everybody, or those alone who hear of each renewal. */
  | { readonly do: "announce"; readonly standing: StandingClaim; readonly to: "all" | "attentive" }
  /** Take no more tracked work and fire the signal; `wound-down` when what was started is finished. */
  | { readonly do: "wind-down"; readonly term: number; readonly reason: EndReason }
  /** The reign is over, now: fire the signal, answer nothing more. */
  | { readonly do: "stop-leading"; readonly term: number; readonly reason: EndReason }
  /** Tell the heirs that the reign is over, one after another; if none takes the word, write the release. */
  | {
      readonly do: "hand-on"
      readonly reign: Reign
      readonly standing: StandingClaim
      readonly reason: EndReason
    }

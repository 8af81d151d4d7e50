/**
 * Ways to break the machine, each a small change of its text. The simulation must find every one; `mutate.ts` tries
 * them, and README.md lists which seed finds which.
 */
import type { FamilyName } from "./schedule.js"

export interface Mutant {
  /** What the broken machine does, in a few words. */
  readonly name: string
  /** The file of src, without its ending. */
  readonly file: string
  /** What stands there; exactly once. */
  readonly was: string
  readonly is: string
  /** Where to look for it. */
  readonly family: FamilyName
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "claims without compare-and-set",
    file: "claim-desk",
    was: "bucket.write(CLAIM_KEY, encodeClaim(claim), over)",
    is: "claim.term ? bucket.write(CLAIM_KEY, encodeClaim(claim), over) : bucket.put(CLAIM_KEY, encodeClaim(claim))",
    family: "network",
  },
  {
    name: "renews blindly",
    file: "claim-desk",
    was: "bucket.write(CLAIM_KEY, encodeClaim(claim), over)",
    is: "claim.term ? bucket.put(CLAIM_KEY, encodeClaim(claim)) : bucket.write(CLAIM_KEY, encodeClaim(claim), over)",
    family: "network",
  },
  {
    name: "releases blindly",
    file: "hand-on",
    was: "bucket.write(CLAIM_KEY, encodeClaim(news), revision)",
    is: "bucket.put(CLAIM_KEY, encodeClaim(news))",
    family: "network",
  },
  {
    name: "creates over the mark of a deletion it never saw",
    file: "memory-bucket",
    was: "if ((this.#last(key)?.revision ?? 0) !== over)",
    is: "const last = this.#last(key)\n    if (over === 0 ? last && !last.deleted : last?.revision !== over)",
    family: "bucket",
  },
  {
    name: "the holder counts on the whole lease",
    file: "lease",
    was: "HOLDER_SHARE = 0.9",
    is: "HOLDER_SHARE = 1",
    family: "lease",
  },
  {
    name: "others wait 0.9 of the lease",
    file: "lease",
    was: "OTHERS_SHARE = 1.05",
    is: "OTHERS_SHARE = 0.9",
    family: "lease",
  },
  {
    name: "counts the lease from the acknowledgement of a renewal",
    file: "holding",
    was: "this.#renewed(revision, sent)",
    is: "this.#renewed(revision, now)",
    family: "lease",
  },
  {
    name: "counts the lease from the acknowledgement of the claim",
    file: "election",
    was: "return this.#hold(claiming, outcome.revision)",
    is: "return this.#hold({ ...claiming, claim: claiming.claim, sent: now, resigning: claiming.resigning } as Claiming, outcome.revision)",
    family: "network",
  },
  {
    name: "counts the lease from the last of several unsure renewals",
    file: "holding",
    was: "this.#unsureSince ??= sent",
    is: "this.#unsureSince = sent",
    family: "lease",
  },
  {
    name: "trusts a read: what it reads renews its lease",
    file: "holding",
    was: "if (this.#unsureSince && revision > this.#revision) this.#renewed(revision, this.#unsureSince)",
    is: "if (revision >= this.#revision) this.#renewed(revision, now)",
    family: "lease",
  },
  {
    name: "ignores the nonce: a claim with its id is its own",
    file: "claiming",
    was: "found.standing.claim.nonce === this.claim.nonce",
    is: "found.standing.claim.id === this.claim.id",
    family: "network",
  },
  {
    name: "leads by an acknowledgement that came after its lease",
    file: "election",
    was: 'if (outcome.type === "held" && claiming.holds(now))',
    is: 'if (outcome.type === "held")',
    family: "clocks",
  },
  {
    name: "acts on an old word",
    file: "outlook",
    was: "if (known && !sameReign(reignOf(known), word) && known.revision >= word.revision) return false",
    is: "",
    family: "network",
  },
  {
    name: "does not look whether its lease ran out while it was frozen",
    file: "election",
    was: "if (this.#holding?.hasLapsed(now)) {",
    is: "if (false as boolean) {",
    family: "clocks",
  },
  {
    name: "looks at the monotonic clock alone",
    file: "lease",
    was: "return now.monoMs < end.monoMs && now.wallMs < end.wallMs",
    is: "return now.monoMs < end.monoMs",
    family: "clocks",
  },
  {
    name: "goes on answering while the seat is handed on",
    file: "holding",
    was: 'return this.#phase === "handing" ? 0 : remainingMs(this.#end, now)',
    is: "return remainingMs(this.#end, now)",
    family: "network",
  },
  {
    name: "goes on leading while it winds down and hands on",
    file: "holding",
    was: 'return this.#phase === "leading" && holds(this.#end, now)',
    is: "return holds(this.#end, now)",
    family: "calm",
  },
  {
    name: "takes a claim that vanished for one that was released",
    file: "outlook",
    was: "return lapsesAt(this.#last.seenMs, isThere ? lease : Math.max(lease, leaseMs)) + turn",
    is: "return (isThere ? lapsesAt(this.#last.seenMs, lease) : this.#last.seenMs) + turn",
    family: "bucket",
  },
  {
    name: "takes what nobody can read for nothing",
    file: "roster",
    was: 'return { kind: "broken", revision: entry.revision }',
    is: 'return { kind: "none", revision: 0 }',
    family: "bucket",
  },
  {
    name: "a newcomer does not wait although a claim was deleted",
    file: "outlook",
    was: "const wasDeleted = this.revision > 0",
    is: "const wasDeleted = false",
    family: "bucket",
  },
  {
    name: "takes another claim at a revision it knows for the same",
    file: "outlook",
    was: "one.revision === other.revision && one.claim.nonce === other.claim.nonce",
    is: "one.revision === other.revision",
    family: "bucket",
  },
  {
    name: "an old hand-on ends a new reign",
    file: "election",
    was: "if (event.term === holding.term) this.#follow(now)",
    is: "this.#follow(now)",
    family: "clocks",
  },
  {
    name: "claims without looking first, and takes the answer for its own",
    file: "claim-desk",
    was: 'if (error instanceof RevisionMismatch) return answer({ type: "refused", attempt })',
    is: 'if (error instanceof RevisionMismatch) return answer({ type: "written", attempt, revision: over + 1 })',
    family: "network",
  },
  {
    name: "tells nobody that its reign is over",
    file: "hand-on",
    was: 'if (await succession.tell(heir.id, ended)) return "taken"',
    is: 'return "taken"',
    family: "calm",
  },
  {
    name: "tells the last heir first",
    file: "hand-on",
    was: "for (const heir of ended.standing.claim.heirs) {",
    is: "for (const heir of ended.standing.claim.heirs.toReversed()) {",
    family: "calm",
  },
  {
    name: "an heir that was told does not claim",
    file: "following",
    was: "return this.#summoned(event.word, now)",
    is: "return undefined",
    family: "calm",
  },
  {
    name: "begins to wait anew with each read of the same claim",
    file: "outlook",
    was: "if (!this.#last || !isSame(this.#last.found, found)) this.#note(found, nowMs)",
    is: "this.#note(found, nowMs)",
    family: "calm",
  },
  {
    name: "never tries a failed read again",
    file: "following",
    was: "this.#retryAtMs = now.monoMs + this.#options.stepMs",
    is: "",
    family: "network",
  },
  {
    name: "does not write an entry again that expired or was wiped",
    file: "membership",
    was: "if (key === this.#key) await this.#lookInto(key)",
    is: "throw error",
    family: "bucket",
  },
  {
    name: "a renewal of an entry waits for answers that were lost",
    file: "membership",
    was: "await within(clock, beatMs, this.#write())",
    is: "await this.#write()",
    family: "network",
  },
  {
    name: "tries again at once where nobody answers",
    file: "holding",
    was: "this.#wakeAtMs = sent.monoMs + this.#options.stepMs",
    is: "this.#wakeAtMs = Number.POSITIVE_INFINITY",
    family: "network",
  },
]

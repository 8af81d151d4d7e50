/**
 * What happens in one run: who is there, what the weather is like, and one mishap after another. Small numbers are
 * harmless ones, so a schedule that fails shrinks to the few steps that matter.
 */
import * as fc from "fast-check"
import { type TimingOptions, timingsOf } from "../../src/lease/timings.js"

/** What can happen. */
export type Kind =
  | "ask"
  | "join"
  | "leave"
  | "resign"
  | "hand-over"
  | "crash"
  | "crash-unseen"
  /** The leader and all its heirs at once, and nobody sees it. */
  | "crash-line"
  | "freeze"
  | "suspend"
  | "cut"
  /** The connection is lost and comes back at once. */
  | "blip"
  /** Hears no messages, while the bucket answers. */
  | "deaf"
  /** Its messages get lost, while the bucket takes what it writes. */
  | "mute"
  /** First nothing comes down to it, then nothing goes up: answers are late, and the last thing it hears. */
  | "swing"
  /** As "swing", from the instant at which it next claims or renews. */
  | "late-answer"
  | "lose-requests"
  | "lose-answers"
  | "stale-read"
  | "wall-jump"
  | "delete-claim"
  | "garbage"
  | "purge"
  | "anew"
  /** As "anew", from a backup: revisions are counted on from a few writes ago. */
  | "restore"
  | "server-restart"
  /** JetStream has no leader: whatever is asked of it is refused at once. */
  | "outage"

/** One step; what the numbers mean is the kind's affair. */
export interface Step {
  /** Waits this long before; see `spanMs`. */
  readonly gap: number
  readonly kind: Kind
  /** 0: whoever leads. Else the n-th of those alive. */
  readonly who: number
  /** How long, or how far; see `spanMs`. */
  readonly span: number
  readonly variant: number
}

export interface Schedule {
  readonly seed: number
  /** Which timings: see TIMINGS. */
  readonly timings: number
  /** How fast the clock of each member runs: 0 to 100 is 0.95 to 1.05. */
  readonly rates: readonly number[]
  /** 0 is none; else an index into DELAYS. */
  readonly delay: number
  /** Percent of requests and answers that are lost. */
  readonly loss: number
  /** How many revisions back any read may look. */
  readonly stale: number
  /** Which strategy: see STRATEGIES. */
  readonly strategy: number
  readonly steps: readonly Step[]
}

/** Who comes first; `preempt`: a better-ranked member gets the seat, though nothing is the matter with its holder. */
export const STRATEGIES = ["oldest", "weight", "preempt"] as const

export const TIMINGS: readonly TimingOptions[] = [
  {},
  { leaseMs: 400 },
  { leaseMs: 12_000, replicas: 3 },
]

/** The longest delay of a message, as a share of the lease. */
const DELAYS = [0, 0.001, 0.01, 0.05, 0.3, 1.2]

export function delayMs({ delay, timings }: Schedule): number {
  return (DELAYS[delay] ?? 0) * timingsOf(TIMINGS[timings]).leaseMs
}

/** The least number for each sort of length: instants, a few steps, a part of the lease, and several leases. */
const SPANS = [0, 300, 600, 900, 1000] as const

/** Turns 0 to 1000 into ms: mostly short, and at most three leases. */
export function spanMs(span: number, leaseMs: number): number {
  const [, few, part, all, end] = SPANS
  if (span <= few) return (span / few) * 0.02 * leaseMs
  if (span <= part) return (0.02 + ((span - few) / (part - few)) * 0.28) * leaseMs
  if (span <= all) return (0.3 + ((span - part) / (all - part)) * 0.9) * leaseMs
  return (1.2 + ((span - all) / (end - all)) * 1.8) * leaseMs
}

/** Where a schedule takes place. */
export interface Terrain {
  /** A good network: nothing may fail, and everything must be in time. */
  readonly isCalm?: boolean
  /** A few members are a crowd: most hear of few renewals, and have no place in the line. */
  readonly isCrowd?: boolean
}

/** What a family of schedules is made of. */
export interface Family extends Terrain {
  /** How many of them `make test` runs. */
  readonly runs: number
  /** Kinds and how often each comes. */
  readonly kinds: Partial<Record<Kind, number>>
  readonly delays: number
  readonly loss: number
  readonly stale: number
  /** How many of STRATEGIES are tried. */
  readonly strategies: number
  readonly mostSteps: number
}

const UPHEAVAL = {
  join: 2,
  leave: 3,
  resign: 2,
  "hand-over": 2,
  crash: 3,
  "crash-unseen": 3,
  ask: 3,
}

export const FAMILIES = {
  /** A good network: everything must go by the book, and in time. */
  calm: {
    runs: 2_500,
    isCalm: true,
    kinds: { ...UPHEAVAL, "lose-requests": 1, "lose-answers": 1, "delete-claim": 1 },
    delays: 1,
    loss: 0,
    stale: 0,
    strategies: 2,
    mostSteps: 8,
  },
  network: {
    runs: 4_000,
    kinds: {
      ...UPHEAVAL,
      cut: 10,
      blip: 4,
      deaf: 2,
      mute: 2,
      swing: 2,
      ask: 5,
      "lose-requests": 4,
      "lose-answers": 5,
      "stale-read": 4,
      "server-restart": 1,
      outage: 2,
    },
    delays: 5,
    loss: 20,
    stale: 8,
    strategies: 3,
    mostSteps: 14,
  },
  /** Answers that are late or lost, and followers that hear nothing: who counts a lease from when? */
  lease: {
    runs: 4_500,
    kinds: {
      swing: 6,
      "late-answer": 6,
      cut: 2,
      deaf: 1,
      mute: 4,
      blip: 6,
      "lose-answers": 1,
      "lose-requests": 1,
      freeze: 1,
      ask: 1,
      resign: 2,
      "crash-unseen": 1,
    },
    delays: 1,
    loss: 0,
    stale: 0,
    strategies: 1,
    mostSteps: 8,
  },
  /** The seat changes hands again and again, among members that don't hear each other. */
  changes: {
    runs: 2_500,
    kinds: {
      "hand-over": 6,
      resign: 6,
      mute: 5,
      deaf: 3,
      leave: 2,
      crash: 2,
      join: 2,
      ask: 3,
      "lose-requests": 1,
      "lose-answers": 1,
    },
    delays: 3,
    loss: 5,
    stale: 3,
    strategies: 3,
    mostSteps: 12,
  },
  clocks: {
    runs: 3_000,
    kinds: { ...UPHEAVAL, freeze: 6, suspend: 4, "wall-jump": 6, cut: 6, blip: 2, ask: 6 },
    delays: 3,
    loss: 0,
    stale: 0,
    strategies: 3,
    mostSteps: 12,
  },
  bucket: {
    runs: 3_500,
    kinds: {
      ...UPHEAVAL,
      join: 4,
      "delete-claim": 6,
      garbage: 3,
      purge: 3,
      anew: 2,
      "stale-read": 3,
      deaf: 3,
      cut: 4,
      freeze: 2,
    },
    delays: 3,
    loss: 5,
    stale: 8,
    strategies: 3,
    mostSteps: 10,
  },
  /** The bucket is lost again and again: another claim may stand at a revision that was once seen. */
  recreated: {
    runs: 4_500,
    kinds: { restore: 8, anew: 1, freeze: 8, deaf: 1, cut: 1, resign: 1 },
    delays: 2,
    loss: 0,
    stale: 0,
    strategies: 1,
    mostSteps: 6,
  },
  /** The same as calm where a few are a crowd. */
  crowd: {
    runs: 2_500,
    isCalm: true,
    isCrowd: true,
    kinds: {
      ...UPHEAVAL,
      join: 6,
      "crash-line": 3,
      "lose-requests": 1,
      "lose-answers": 1,
      "delete-claim": 1,
    },
    delays: 1,
    loss: 0,
    stale: 0,
    strategies: 2,
    mostSteps: 8,
  },
  /** And on a bad network, with clocks and buckets that go wrong. */
  throng: {
    runs: 3_000,
    isCrowd: true,
    kinds: {
      ...UPHEAVAL,
      join: 8,
      "crash-line": 3,
      cut: 6,
      blip: 3,
      deaf: 4,
      mute: 4,
      swing: 2,
      freeze: 2,
      suspend: 1,
      "wall-jump": 1,
      "lose-requests": 2,
      "lose-answers": 2,
      "stale-read": 2,
      "delete-claim": 1,
      garbage: 1,
      purge: 1,
      anew: 1,
      "server-restart": 1,
      outage: 1,
    },
    delays: 5,
    loss: 10,
    stale: 5,
    strategies: 3,
    mostSteps: 12,
  },
} satisfies Record<string, Family>

export type FamilyName = keyof typeof FAMILIES

export function terrainOf(name: FamilyName): Terrain {
  const family: Family = FAMILIES[name]
  return family
}

/** All schedules of a family. */
export function schedules(family: Family): fc.Arbitrary<Schedule> {
  const kinds = Object.entries(family.kinds).flatMap(([kind, weight]) =>
    new Array<Kind>(weight).fill(kind as Kind),
  )
  const step = fc.record<Step>({
    gap: fc.nat(1000),
    kind: fc.constantFrom(...kinds),
    who: fc.nat(6).map((n) => (n > 4 ? 0 : n)),
    span: fc.nat(1000),
    variant: fc.nat(7),
  })
  // The slowest and the fastest make the most trouble.
  const rate = fc.oneof(fc.constantFrom(0, 100), fc.nat(100))
  return fc.record<Schedule>({
    seed: fc.noShrink(fc.nat(0x7fffffff)),
    timings: fc.nat(9).map((n) => (n < 8 ? 0 : n - 7)),
    rates: fc.oneof(
      { weight: 5, arbitrary: fc.array(rate, { minLength: 2, maxLength: 4 }) },
      { weight: 1, arbitrary: fc.array(rate, { minLength: 5, maxLength: 9 }) },
    ),
    delay: fc.nat(family.delays),
    loss:
      family.loss === 0
        ? fc.constant(0)
        : fc.nat(family.loss * 2).map((n) => Math.max(0, n - family.loss)),
    stale:
      family.stale === 0
        ? fc.constant(0)
        : fc.nat(family.stale * 2).map((n) => Math.max(0, n - family.stale)),
    strategy: fc.nat(3).map((n) => (n < family.strategies ? n : 0)),
    steps: fc.array(step, { minLength: 1, maxLength: family.mostSteps, size: "max" }),
  })
}

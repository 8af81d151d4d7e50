/**
 * What happens in one run of jobs or cron: how many hosts there are, what the weather is like, and one mishap after another.
 * Small numbers are harmless ones, so a schedule that fails shrinks to the few steps that matter.
 */
import * as fc from "fast-check"
import { LEASE_MS } from "../../../src/jobs/contract/job-limits.js"
import { spanMs as shareMs } from "../schedule.js"

/** What can happen. */
export type Kind =
  | "enqueue"
  /** Several at once. */
  | "burst"
  /** One that may be there already, by what it is unique by. */
  | "unique"
  | "cancel"
  /** A dead or delayed job is brought back. */
  | "retry"
  /** A worker takes no more, ends what runs in its grace time, and is started anew. */
  | "stop"
  /** A worker process dies, and its supervisor sees it; frozen or not. */
  | "crash"
  | "crash-supervisor"
  /** All processes of a host. */
  | "crash-host"
  | "freeze"
  | "freeze-supervisor"
  /** The host: its monotonic clock stands still as well. */
  | "suspend"
  /** Neither process nor server notices; what was sent arrives late. */
  | "stall"
  /** First answers arrive late, and once they are there, for as long, what is sent. */
  | "swing"
  /** Answers arrive late, and what is sent meanwhile later still: what is answered was sent long before. */
  | "squeeze"
  /** What a worker sends is held back, and then it stands still; it wakes to answers that come after its lease. */
  | "daze"
  | "cut"
  /** The connection is lost and comes back at once. */
  | "blip"
  | "cut-supervisor"
  /** A supervisor loses its connection and then sees a worker die; it is back when the worker's leases are over. */
  | "crash-unheard"
  | "lose-requests"
  | "lose-answers"
  | "server-restart"
  /** Somebody begins to fire cron, whether or not another does. */
  | "reign"

/** One step; what the numbers mean is the kind's affair. */
export interface Step {
  /** Waits this long before; see `spanMs`. */
  readonly gap: number
  readonly kind: Kind
  /** The n-th worker, host or job. */
  readonly who: number
  /** How long; see `spanMs`. */
  readonly span: number
  readonly variant: number
}

export interface Schedule {
  readonly seed: number
  /** How fast the clock of each host runs: 0 to 100 is 0.95 to 1.05. There are as many hosts. */
  readonly rates: readonly number[]
  /** How far what each host takes for the server's clock is off it, in ms: 0 to 100 is -50 to 50. */
  readonly skew: number
  /** Workers on each host. */
  readonly workers: number
  /** 0 is none; else an index into DELAYS. */
  readonly delay: number
  /** Percent of requests and answers that are lost. */
  readonly loss: number
  /** Whether the server stores a tick and its job together. */
  readonly hasBatches: boolean
  /** Whether it has each acknowledgement confirmed. */
  readonly isReplicated: boolean
  readonly steps: readonly Step[]
}

/** The longest delay of a message, as a share of the lease. */
const DELAYS = [0, 0.001, 0.01, 0.03]

export function delayMs({ delay }: Schedule): number {
  return (DELAYS[delay] ?? 0) * LEASE_MS
}

/** Turns 0 to 1000 into ms: mostly short, and at most three leases. */
export function spanMs(span: number): number {
  return shareMs(span, LEASE_MS)
}

/** What a family of schedules is made of. */
export interface Family {
  /** A good network: no job may run again but for what was done to its worker, and the dead give back at once. */
  readonly isCalm?: boolean
  /** Ticks are fired, and judged. */
  readonly hasCron?: boolean
  /** Kinds and how often each comes. */
  readonly kinds: Partial<Record<Kind, number>>
  readonly delays: number
  readonly loss: number
  readonly mostSteps: number
}

const JOBS = { enqueue: 6, burst: 3, unique: 2 }

export const FAMILIES = {
  /** A good network: everything must go by the book, and in time. */
  calm: {
    isCalm: true,
    kinds: {
      ...JOBS,
      cancel: 1,
      retry: 1,
      stop: 3,
      crash: 4,
      "crash-supervisor": 1,
      "crash-host": 1,
    },
    delays: 1,
    loss: 0,
    mostSteps: 10,
  },
  /** Workers come and go while their jobs run. */
  comings: {
    isCalm: true,
    kinds: { enqueue: 4, burst: 2, stop: 9, crash: 3 },
    delays: 1,
    loss: 0,
    mostSteps: 14,
  },
  /** Whatever is sent may be late or lost. */
  network: {
    kinds: {
      ...JOBS,
      ...{ cancel: 1, retry: 1, stop: 2, crash: 3, "crash-supervisor": 1, "crash-host": 1 },
      ...{ stall: 3, cut: 4, blip: 3, "cut-supervisor": 2, "server-restart": 1 },
      "crash-unheard": 3,
      ...{ "lose-requests": 3, "lose-answers": 4 },
    },
    delays: 3,
    loss: 15,
    mostSteps: 14,
  },
  /** Processes stand still, with their machines or without, and are killed in that. */
  freezes: {
    kinds: {
      ...JOBS,
      ...{ freeze: 6, "freeze-supervisor": 3, suspend: 3, crash: 4, stop: 2, stall: 1 },
    },
    delays: 1,
    loss: 0,
    mostSteps: 12,
  },
  /** Answers that are late: who counts a lease from when? */
  leases: {
    kinds: {
      ...{
        enqueue: 3,
        burst: 4,
        stall: 6,
        swing: 5,
        squeeze: 3,
        daze: 4,
        freeze: 3,
        cut: 1,
        crash: 1,
      },
      "lose-answers": 1,
    },
    delays: 1,
    loss: 0,
    mostSteps: 10,
  },
  /** Leaders that fire, one after another and beside each other. */
  cron: {
    hasCron: true,
    kinds: {
      ...{ reign: 9, crash: 2, stop: 1, freeze: 2, suspend: 1, stall: 2, cut: 3, blip: 1 },
      ...{ "lose-requests": 2, "lose-answers": 4, "server-restart": 1 },
    },
    delays: 3,
    loss: 15,
    mostSteps: 12,
  },
} satisfies Record<string, Family>

export type FamilyName = keyof typeof FAMILIES

/** Schedules of a family. */
export function schedules({ kinds, delays, loss, mostSteps }: Family): fc.Arbitrary<Schedule> {
  const upTo = (max: number) => fc.integer({ min: 0, max })
  const kind = fc.oneof(
    ...(Object.entries(kinds) as [Kind, number][]).map(([kind, weight]) => ({
      weight,
      arbitrary: fc.constant(kind),
    })),
  )
  const step = fc.record({
    gap: upTo(1000),
    kind,
    who: upTo(7),
    span: upTo(1000),
    variant: upTo(11),
  })
  return fc.record({
    seed: upTo(1_000_000),
    rates: fc.array(upTo(100), { minLength: 1, maxLength: 3 }),
    skew: upTo(100),
    workers: fc.integer({ min: 1, max: 2 }),
    delay: upTo(delays - 1),
    loss: upTo(loss),
    hasBatches: fc.boolean(),
    isReplicated: fc.boolean(),
    steps: fc.array(step, { minLength: 1, maxLength: mostSteps, size: "max" }),
  })
}

/**
 * What a worker does when its server goes: it renews what it holds at once, then moves to another server, the leader first,
 * the others spread over half a lease, so that not all of a pool knock at the same door. Nothing is on its way when it
 * moves: it has taken no work for that moment, and answered what it had.
 *
 * A leader takes work all the time, for nobody else may, and what other servers send to where it was falls down there without
 * a word. So it listens on a second connection meanwhile, in the same queue group, and unsubscribes on one of the two only
 * when its server knows of the other: then that one sends there what still comes.
 */
import { nuid } from "nats"
import type { Bus } from "../contracts/bus.js"
import type { Troubles } from "../contracts/troubles.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import type { PoolNames } from "../protocol/names.js"
import type { Clock } from "../time/clock.js"
import { pause, within } from "../time/within.js"
import { isInterestKnown } from "./known-interest.js"

/** How long work that was taken may hold up a move, in ms. What takes longer answers on the new connection. */
const PATIENCE_MS = 2_000

/** The run of a worker, as far as it matters. */
export interface MovingRun {
  readonly coordinator: {
    leads(): boolean
    renew(): Promise<void>
    connection(isUp: boolean): void
  }
  readonly work: {
    withdraw(withinMs: number, bus?: Bus): Promise<void>
    comeBack(bus?: Bus): void
    connectionLost(): void
  }
}

/** A connection that is there for a while. */
export type SecondConnection = Bus & { close(): Promise<void> }

/** The way to another server. */
export interface Move {
  /** False once the connection is on another server anyway. */
  readonly isDue: boolean
  second(): Promise<SecondConnection>
  move(): Promise<void>
}

/** What the worker stands on. */
export interface MovingBackend {
  readonly bus: Bus
  readonly names: Pick<PoolNames, "heir">
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  readonly timings: { readonly leaseMs: number }
  readonly follow: (troubles: Troubles, told: (isUp: boolean) => void) => void
  /** Tells when the server goes; missing where there is no other. */
  readonly onServerGoing?: (told: (move: Move) => void) => void
}

/** Has the worker whose run at the time is `current` heed its connection, and move when the server goes. */
export function followServers(
  backend: MovingBackend,
  current: () => MovingRun,
  troubles: Troubles,
): void {
  backend.follow(troubles, (isUp) => {
    const { coordinator, work } = current()
    coordinator.connection(isUp)
    if (!isUp) work.connectionLost()
  })
  const failed = unexpected(troubles.report)
  backend.onServerGoing?.((move) => unawaited(moved(current, move, backend), failed))
}

async function moved(current: () => MovingRun, move: Move, options: MovingBackend): Promise<void> {
  const { bus, clock, random, timings } = options
  const { coordinator } = current()
  await within(clock, PATIENCE_MS, coordinator.renew()).catch(() => {})
  if (!coordinator.leads()) await pause(clock, (random() * timings.leaseMs) / 2)
  if (!move.isDue) return
  // Another run may have begun by now, or when it comes back.
  const { work } = current()
  const second = coordinator.leads() ? await secondOf(move, clock) : undefined
  try {
    if (second) work.comeBack(second)
    if (second) await known({ ...options, from: bus, to: second })
    await work.withdraw(PATIENCE_MS)
    await move.move().finally(() => work.comeBack())
    if (second) await known({ ...options, from: second, to: bus })
  } finally {
    if (second) await leave(second, work)
  }
}

/** A second connection; undefined if there is none to be had in time. */
async function secondOf(move: Move, clock: Clock): Promise<SecondConnection | undefined> {
  const opening = move.second()
  try {
    return await within(clock, PATIENCE_MS, opening)
  } catch {
    const closed = opening.then((late) => late.close())
    unawaited(closed, () => {})
    return undefined
  }
}

async function leave(second: SecondConnection, work: MovingRun["work"]): Promise<void> {
  await work.withdraw(PATIENCE_MS, second)
  // With what was answered on it. It may be lost by now.
  await second.flush().catch(() => {})
  await second.close()
}

/** Resolves when the server of `from` knows what was subscribed to on `to`, or after a while: it may never be told. */
async function known({ names, ...way }: Omit<MovingBackend, "bus"> & { from: Bus; to: Bus }) {
  const subject = names.heir(nuid.next())
  await isInterestKnown({ ...way, subject, withinMs: PATIENCE_MS }).catch(() => {})
}

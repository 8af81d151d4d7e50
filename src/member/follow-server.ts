/**
 * What a worker does when its server goes: it renews what it holds at once, then moves to another server, the leader first,
 * the others spread over half a lease, so that not all of a pool knock at the same door. Nothing is on its way when it
 * moves: it has taken no work for that moment, and answered what it had.
 */

import type { Troubles } from "../contracts/troubles.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import type { Clock } from "../time/clock.js"
import { pause, within } from "../time/within.js"

/** How long work that was taken may hold up a move, in ms. What takes longer answers on the new connection. */
const PATIENCE_MS = 2_000

/** The run of a worker, as far as it matters. */
export interface MovingRun {
  readonly coordinator: {
    leads(): boolean
    renew(): Promise<void>
    connection(isUp: boolean): void
  }
  readonly work: { withdraw(withinMs: number): Promise<void>; comeBack(): void }
}

/** The way to another server. */
export interface Move {
  /** False once the connection is on another server anyway. */
  readonly isDue: boolean
  move(): Promise<void>
}

/** What the worker stands on. */
export interface MovingBackend {
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
  backend.follow(troubles, (isUp) => current().coordinator.connection(isUp))
  const failed = unexpected(troubles.report)
  backend.onServerGoing?.((move) => unawaited(moved(current, move, backend), failed))
}

async function moved(current: () => MovingRun, move: Move, options: MovingBackend): Promise<void> {
  const { clock, random, timings } = options
  const { coordinator } = current()
  await within(clock, PATIENCE_MS, coordinator.renew()).catch(() => {})
  if (!coordinator.leads()) await pause(clock, (random() * timings.leaseMs) / 2)
  if (!move.isDue) return
  // Another run may have begun by now, or when it comes back.
  const { work } = current()
  await work.withdraw(PATIENCE_MS)
  try {
    await move.move()
  } finally {
    work.comeBack()
  }
}

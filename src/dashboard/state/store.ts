/**
 * The store: holds the state, lets the source and the keys change it, and tells the screen, but not too
 * often. A key shows at once, a change of the pool within a tenth of a second, figures four times a second,
 * and a mere renewal waits for the tick of the clock, which comes once a second.
 */
import type { Clock } from "../../time/clock.js"
import { JOBS_UNSEEN } from "../jobs/jobs-seen.js"
import { commandOf } from "../keys/keymap.js"
import { pressed, settled } from "../keys/ui.js"
import { claimLeftMs } from "../world/reigns.js"
import type { PoolEvent, PoolSource } from "../world/source.js"
import { Actions } from "./actions.js"
import { Beat } from "./beat.js"
import { type Facts, type Snapshot, selectable, snapshotOf } from "./snapshot.js"
import { initialState, poolHeard, SILENCE, type State, secondPassed } from "./state.js"

/** How soon a change must show. */
const SOON_MS = 100
const FIGURES_MS = 250

export interface Exits {
  quit(): void
  suspend(): void
  redraw(): void
}

export class DashboardStore {
  readonly #source: PoolSource
  readonly #clock: Clock
  readonly #facts: Facts
  readonly #beat: Beat
  readonly #actions: Actions
  readonly #stop: () => void
  readonly #answerFirstMs: number
  readonly #listeners = new Set<() => void>()
  #state: State
  #snapshot: Snapshot
  /** What quitting, suspending and redrawing mean is the screen's business. */
  exits: Exits = { quit() {}, suspend() {}, redraw() {} }

  /**
   * `answerFirstMs`: how long to wait before drawing after a key that asked something of the pool, and after something
   * happened in it. Drawing takes longer than an answer or a takeover, and what comes meanwhile is measured late.
   */
  constructor(source: PoolSource, clock: Clock, answerFirstMs = 0) {
    this.#answerFirstMs = answerFirstMs
    const { pool, server, logs, ownsPool } = source
    const canStart = source.startWorker !== undefined
    const ownsServers = source.orderServer !== undefined
    const canShowJobs = source.showJobs !== undefined
    const can = { ownsPool, canStart, ownsServers, canShowJobs }
    this.#facts = { pool, server, ...can, ...(logs && { logs }) }
    this.#source = source
    this.#clock = clock
    this.#state = initialState(source.memberTtlMs, clock.now())
    this.#snapshot = snapshotOf(this.#state, this.#facts, clock.now())
    this.#actions = new Actions(source, this.#facts, clock, (change) =>
      this.#change(change, SOON_MS),
    )
    this.#beat = new Beat(clock, { show: () => this.#show(), second: () => this.#second() })
    this.#stop = source.listen((event) => this.#hear(event))
    this.#show()
  }

  /** What is to be shown; the same object until listeners are told. */
  readonly snapshot = (): Snapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Handles a chunk of keys one by one. What follows a change of mode was typed for another one, but for the text that
   * follows `/`, and Ctrl-C.
   */
  press(keys: readonly string[]): void {
    let meantFor = this.#state.ui.mode.kind
    const { sent, orders } = this.#state
    for (const key of keys) {
      if (this.#state.ui.mode.kind === meantFor || key === "ctrl-c") this.#press(key)
      if (this.#state.ui.mode.kind === "filter") meantFor = "filter"
    }
    const isAsked = this.#state.sent !== sent || this.#state.orders !== orders
    if (isAsked && this.#answerFirstMs > 0) this.#beat.showAfter(this.#answerFirstMs)
    else this.#show()
  }

  /** Stops listening and ticking. The source stays open. */
  close(): void {
    this.#stop()
    this.#beat.close()
    this.#listeners.clear()
  }

  #press(key: string): void {
    const at = this.#clock.now()
    const calm = { ...this.#state, message: SILENCE }
    const isMeant = this.#state.ui.mode.kind !== "normal" || commandOf(key) !== undefined
    const before = this.#state.message.isError && isMeant ? calm : this.#state
    const servers = before.pool.servers.servers.map(({ name }) => name)
    const scene = { ...selectable(before, at), servers, pool: before.pool, at }
    const { ui, command } = pressed(before.ui, key, scene)
    this.#state = { ...before, ui: settled(ui, selectable({ ...before, ui }, at)) }
    if (command === "quit" || command === "suspend" || command === "redraw") this.exits[command]()
    else if (command !== undefined) this.#state = this.#actions.take(this.#state, command)
    this.#turnTo(before.ui.jobs !== undefined)
  }

  /** The jobs are looked at as long as their page is shown; what was seen before says nothing later. */
  #turnTo(wereJobs: boolean): void {
    const areJobs = this.#state.ui.jobs !== undefined
    if (areJobs === wereJobs) return
    this.#state = { ...this.#state, pool: { ...this.#state.pool, jobs: JOBS_UNSEEN } }
    this.#source.showJobs?.(areJobs)
  }

  #hear(event: PoolEvent): void {
    this.#change(
      (state) => poolHeard(state, event, this.#clock.now()),
      event.kind === "counters" || event.kind === "jobs" ? FIGURES_MS : SOON_MS,
    )
  }

  /** Changes the state, and shows it within `ms`, unless it is only that something was heard again. */
  #change(change: (state: State) => State, ms: number): void {
    const before = this.#state
    const at = this.#clock.now()
    const after = change(before)
    this.#state = { ...after, ui: settled(after.ui, selectable(after, at)) }
    if (isNews(before, this.#state)) this.#beat.showWithin(ms, this.#answerFirstMs)
  }

  #second(): void {
    this.#change((state) => secondPassed(state, this.#clock.now()), SOON_MS)
    this.#show()
  }

  #show(): void {
    const at = this.#clock.now()
    this.#snapshot = snapshotOf(this.#state, this.#facts, at)
    this.#beat.shown(isTense(this.#state, this.#snapshot))
    for (const listener of this.#listeners) listener()
  }
}

/** Whether there is more to show than leases that were renewed. */
function isNews(before: State, after: State): boolean {
  const [a, b] = [before.pool, after.pool]
  return (
    a.log !== b.log ||
    a.isCaughtUp !== b.isCaughtUp ||
    a.connection.isUp !== b.connection.isUp ||
    a.members.line !== b.members.line ||
    a.members.ended !== b.members.ended ||
    a.reigns.current !== b.reigns.current ||
    a.work.changes !== b.work.changes ||
    a.servers !== b.servers ||
    a.jobs !== b.jobs ||
    before.orders !== after.orders ||
    before.message !== after.message ||
    before.ui !== after.ui
  )
}

/** Whether a lease runs down before our eyes: then seconds are too coarse. */
function isTense({ pool }: State, { shownAt, at, mode }: Snapshot): boolean {
  if (mode.kind === "help" || shownAt !== at) return false
  const { current, standing } = pool.reigns
  if (!current || !standing) return false
  const leftMs = claimLeftMs(pool.reigns, at)
  return leftMs > 0 && leftMs < standing.claim.lease * 0.6
}

/** Pulls the levers: what a command asks of the source, and what the state says about it meanwhile. */
import { unawaited } from "../../contracts/unawaited.js"
import { reasonOf } from "../../errors/errors.js"
import type { Clock } from "../../time/clock.js"
import { askedOf } from "../jobs/job-levers.js"
import type { Command } from "../keys/keymap.js"
import type { Confirmed, OrderedJob } from "../keys/ui.js"
import type { Given } from "../world/orders.js"
import { LAPSED, reigning } from "../world/reigns.js"
import { batch, report } from "../world/requests.js"
import { canBeSelected, type Row } from "../world/rows.js"
import { asked, type ServerLever } from "../world/servers.js"
import type { Lever, PoolSource, WorkKind } from "../world/source.js"
import { jobAnswer } from "./job-actions.js"
import { isAboutMember, orderFor, refusal } from "./levers.js"
import { type ServerChoice, serverChoice, whatCame } from "./server-levers.js"
import { type Facts, snapshotOf } from "./snapshot.js"
import {
  orderGiven,
  orderObeyed,
  orderRefused,
  requestAnswered,
  requestFailed,
  type State,
  said,
  workerStarted,
} from "./state.js"

const BURST = 10
/** What our requests say; the same as in the help and the README. */
const PAYLOAD = "hello"

/** Applies a change to the state when something came of an action. */
type Change = (change: (state: State) => State) => void

export class Actions {
  readonly #source: PoolSource
  readonly #facts: Facts
  readonly #clock: Clock
  readonly #change: Change

  constructor(source: PoolSource, facts: Facts, clock: Clock, change: Change) {
    this.#source = source
    this.#facts = facts
    this.#clock = clock
    this.#change = change
  }

  /** Begins what `command` asks for and returns the state that says so. */
  take(state: State, command: Command | Confirmed): State {
    const at = this.#clock.now()
    const snapshot = snapshotOf(state, this.#facts, at)
    const { rows, selected } = snapshot
    if (typeof command === "object") {
      if ("server" in command) return this.#orderServer(state, command.server, command.lever)
      if ("orderedJob" in command) return this.#orderJobs(state, command.orderedJob)
      const row = rows.find((row) => row.id === command.killed && canBeSelected(row))
      return row ? this.#order(state, row, "kill") : state
    }
    const about = jobAnswer(command, state.ui, snapshot)
    if (about) {
      if ("refusal" in about) return said(state, about.refusal, true)
      return "ui" in about ? { ...state, ui: about.ui } : this.#orderJobs(state, about.order)
    }
    const chosen = serverChoice(command, snapshot)
    if (chosen) return this.#atServers(state, chosen)
    const reason = refusal(command, selected, state.pool, this.#facts, at.monoMs)
    if (reason !== undefined) return said(state, reason, true)
    if (command === "simple" || command === "tracked") return this.#send(state, command, 1)
    if (command === "burst") return this.#send(state, "simple", BURST)
    if (command === "start") return this.#start(state)
    if (!selected || !isAboutMember(command)) return state
    if (command === "kill") {
      return { ...state, ui: { ...state.ui, mode: { kind: "kill", id: selected.id } } }
    }
    const order = orderFor(command, selected)
    return order ? this.#order(state, selected, order) : state
  }

  #atServers(state: State, choice: ServerChoice): State {
    if ("refusal" in choice) return said(state, choice.refusal, true)
    if ("focus" in choice) return { ...state, ui: { ...state.ui, server: choice.focus } }
    const { name, lever, asks } = choice
    if (!asks) return this.#orderServer(state, name, lever)
    return { ...state, ui: { ...state.ui, mode: { kind: "server", name, lever } } }
  }

  #orderServer(state: State, name: string, lever: ServerLever): State {
    const given = this.#clock.now()
    const before = reigning(state.pool.reigns, given.monoMs)?.term
    const tell = (text: (now: State) => string, isError: boolean) =>
      this.#change((now) => said(now, text(now), isError))
    // Not before this change of the state is over: a server changes at once.
    const ordered = Promise.resolve().then(() => this.#source.orderServer?.(name, lever))
    const told = ordered.then(
      () => {
        const at = this.#clock.now()
        tell(({ pool }) => whatCame({ lever, name, given, before }, pool, at), false)
      },
      (error) => tell(() => `server ${name}: ${reasonOf(error)}`, true),
    )
    unawaited(told)
    return said(state, asked(lever, name))
  }

  #orderJobs(state: State, { lever, target }: OrderedJob): State {
    const ordered = Promise.resolve().then(() => this.#source.orderJobs?.(lever, target))
    const told = ordered.then(
      (came) => this.#change((now) => said(now, came ?? "")),
      (error) => this.#change((now) => said(now, reasonOf(error), true)),
    )
    unawaited(told)
    return said(state, askedOf(lever, target))
  }

  #order(state: State, row: Row, order: Lever): State {
    const given = this.#given(state, row, order)
    const obeyed = this.#source.order(row.id, order).then(
      (remark) => this.#change((now) => orderObeyed(now, given, this.#clock.now(), remark)),
      (error) =>
        this.#change((now) => orderRefused(now, given, reasonOf(error), this.#clock.now())),
    )
    unawaited(obeyed)
    return orderGiven(state, given)
  }

  #given({ pool }: State, { id, name, busy }: Row, order: Lever): Given {
    const { monoMs } = this.#clock.now()
    const leader = reigning(pool.reigns, monoMs)
    const given = { order, id, name, busy, givenMonoMs: monoMs }
    if (order === "thaw") {
      const last = pool.reigns.past.at(-1)
      return last?.id === id && last.ending === LAPSED ? { ...given, leader: name } : given
    }
    const isConcerned = leader && (order === "hand-over" || leader.id === id)
    return isConcerned ? { ...given, leader: leader.name } : given
  }

  #start(state: State): State {
    const given: Given = {
      order: "start",
      id: "",
      name: "",
      busy: 0,
      givenMonoMs: this.#clock.now().monoMs,
    }
    const started = this.#source.startWorker?.().then(
      (name) => this.#change((now) => workerStarted(now, given, name, this.#clock.now())),
      (error) =>
        this.#change((now) => orderRefused(now, given, reasonOf(error), this.#clock.now())),
    )
    unawaited(started)
    return orderGiven(state, given)
  }

  #send(state: State, kind: WorkKind, size: number): State {
    const first = state.sent + 1
    let sent = batch(kind, first, size, this.#clock.now().monoMs)
    for (let number = first; number < first + size; number++) {
      const answered = this.#source.request(kind, PAYLOAD).then(
        (answer) =>
          this.#change((now) => {
            const [next, left] = requestAnswered(now, sent, number, answer, this.#clock.now())
            sent = left
            return next
          }),
        (error) =>
          this.#change((now) => {
            const [next, left] = requestFailed(now, sent, reasonOf(error), this.#clock.now())
            sent = left
            return next
          }),
      )
      unawaited(answered)
    }
    return said({ ...state, sent: first + size - 1 }, report(sent, this.#clock.now().monoMs))
  }
}

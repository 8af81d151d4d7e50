/**
 * Everything the dashboard knows: the pool, the orders it gave, the requests it sent, the message line and
 * what the user is looking at. One value, changed by pure functions.
 */
import type { Instant } from "../../time/clock.js"
import { type Ui, UNTOUCHED } from "../keys/ui.js"
import { frozen, thawed } from "../world/members.js"
import { after, type Given, type OrderStory, pending, sentence } from "../world/orders.js"
import { heard, type Pool, ticked, unknownPool } from "../world/pool.js"
import { type Batch, report, withAnswer, withFailure } from "../world/requests.js"
import type { Lever, PoolEvent, Reply } from "../world/source.js"
import { answered } from "../world/work.js"

/** The message line. An error stays until the next key. */
export interface Message {
  readonly text: string
  readonly isError: boolean
}

export interface State {
  readonly pool: Pool
  readonly orders: readonly Given[]
  /** How many requests were sent. */
  readonly sent: number
  readonly message: Message
  readonly ui: Ui
}

export const SILENCE: Message = { text: "", isError: false }

export function initialState(ttlMs: number, at: Instant): State {
  return { pool: unknownPool(ttlMs, at), orders: [], sent: 0, message: SILENCE, ui: UNTOUCHED }
}

/** `state` with a message, unless an error is still to be read. */
export function said(state: State, text: string, isError = false): State {
  if (state.message.isError && !isError) return state
  return { ...state, message: { text, isError } }
}

/** `state` after something happened in the pool, and what that means for our orders. */
export function poolHeard(state: State, event: PoolEvent, at: Instant): State {
  const { pool } = state
  const killed = state.orders.find(
    ({ order, id, heir }) => order === "kill" && id === pool.reigns.current?.id && !heir,
  )
  const next = { ...state, pool: heard(pool, event, at, killed?.givenMonoMs) }
  const outcome = outcomeOf(event, pool, next.pool)
  return outcome ? cameOf(next, outcome, at) : next
}

/** `state` after a second. */
export function secondPassed(state: State, at: Instant): State {
  return { ...state, pool: ticked(state.pool, at), orders: pending(state.orders, at) }
}

/** `state` after an order was given; the message says so at once. */
export function orderGiven(state: State, given: Given): State {
  return said({ ...state, orders: [...state.orders, given] }, sentence(given))
}

/** `state` after an order was obeyed. */
export function orderObeyed(state: State, given: Given, at: Instant, remark?: string): State {
  const now = state.orders.find((one) => isSame(one, given)) ?? given
  const obeyedMs = at.monoMs - given.givenMonoMs
  const obeyed = { ...now, obeyedMs, ...(remark !== undefined && { remark }) }
  const pool = withFrost(state.pool, given, at)
  const orders = state.orders.map((one) => (isSame(one, given) ? obeyed : one))
  return said({ ...state, pool, orders }, sentence(obeyed))
}

/** `state` after a new worker was started, which may have joined already. */
export function workerStarted(state: State, given: Given, name: string, at: Instant): State {
  const { line, living } = state.pool.members
  const place = line.findLastIndex((id) => living.get(id)?.member.name === name) + 1
  const named = { ...given, name }
  const id = line[place - 1]
  const known = id === undefined ? named : after(named, { kind: "joined", id, name, place }, at)
  const orders = state.orders.map((one) => (isSame(one, given) ? known : one))
  return said({ ...state, orders }, sentence(known))
}

/** `state` after an order was refused, or failed. */
export function orderRefused(state: State, given: Given, reason: string, at: Instant): State {
  const orders = state.orders.filter((one) => !isSame(one, given))
  // Who can't be thawed is not there any more.
  const pool = given.order === "thaw" ? withFrost(state.pool, given, at) : state.pool
  return said({ ...state, pool, orders }, `${LABEL[given.order]} ${given.name}: ${reason}`, true)
}

/** `state` after one request of `sent` was answered. Returns the batch as it is now as well. */
export function requestAnswered(
  state: State,
  sent: Batch,
  number: number,
  answer: Reply,
  at: Instant,
): [State, Batch] {
  const now = withAnswer(sent, answer)
  const work = answered(state.pool.work, number, sent.kind, answer)
  const next = { ...state, pool: { ...state.pool, work } }
  return [said(next, report(now, at.monoMs), now.failed > 0), now]
}

/** `state` after one request of `sent` failed. */
export function requestFailed(
  state: State,
  sent: Batch,
  reason: string,
  at: Instant,
): [State, Batch] {
  const now = withFailure(sent, reason)
  return [said(state, report(now, at.monoMs), true), now]
}

const LABEL: Record<Lever | "start", string> = {
  stop: "stop",
  kill: "kill",
  restart: "restart",
  "hand-over": "hand over to",
  pause: "pause",
  resume: "resume",
  freeze: "freeze",
  thaw: "thaw",
  start: "start",
}

function withFrost(pool: Pool, { order, id }: Given, at: Instant): Pool {
  if (order === "kill") return { ...pool, members: thawed(pool.members, id) }
  if (order !== "freeze" && order !== "thaw") return pool
  return { ...pool, members: frozen(pool.members, id, order === "freeze", at) }
}

function outcomeOf(event: PoolEvent, before: Pool, now: Pool): OrderStory | undefined {
  if (event.kind === "left") return { kind: "gone", id: event.id }
  if (event.kind === "member" && !before.members.living.has(event.member.id)) {
    const { id, name } = event.member
    return { kind: "joined", id, name, place: now.members.line.indexOf(id) + 1 }
  }
  const { current } = now.reigns
  if (event.kind === "claim" && current && current.term !== before.reigns.current?.term) {
    return { kind: "leads", id: current.id, name: current.name }
  }
  return undefined
}

function cameOf(state: State, outcome: OrderStory, at: Instant): State {
  const orders = state.orders.map((given) => after(given, outcome, at))
  const changed = orders.filter((given, index) => given !== state.orders[index])
  const last = changed.at(-1)
  return last ? said({ ...state, orders }, sentence(last)) : { ...state, orders }
}

/** The same order, whatever is known by now to have come of it. */
function isSame(a: Given, b: Given): boolean {
  return a.givenMonoMs === b.givenMonoMs && a.order === b.order && a.id === b.id
}

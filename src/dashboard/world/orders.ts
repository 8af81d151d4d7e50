/**
 * Orders on their way, and the sentence that each has come to: first that it was given, then what came of it
 * with its figures. What comes of an order is read from the events of the pool, not from who obeyed.
 */
import { ordinal } from "../../strategies/strategy.js"
import type { Instant } from "../../time/clock.js"
import { count, latency } from "../drawing/format.js"
import type { Lever } from "./source.js"

export interface Given {
  readonly order: Lever | "start"
  /** Whom it was given to; "" for a new worker until its name is known. */
  readonly id: string
  readonly name: string
  /** Of a hand-over: the leader that gives up. Otherwise who led when the order was given, if it was this one. */
  readonly leader?: string
  /** Requests that it was doing. */
  readonly busy: number
  readonly givenMonoMs: number
  /** What is known to have come of it: ms from the order on. */
  readonly goneMs?: number
  readonly heir?: { readonly name: string; readonly ms: number }
  readonly back?: { readonly ms: number; readonly place: number }
  readonly obeyedMs?: number
  /** What the source had to say about it. */
  readonly remark?: string
}

/** What happened to a member, as far as it can answer an order. */
export type OrderStory =
  | { readonly kind: "gone"; readonly id: string }
  | { readonly kind: "leads"; readonly id: string; readonly name: string }
  | { readonly kind: "joined"; readonly id: string; readonly name: string; readonly place: number }

/** How long an order is expected to have consequences. */
const PATIENCE_MS = 60_000

/** The orders that still may come to something. */
export function pending(orders: readonly Given[], at: Instant): readonly Given[] {
  return orders.filter((one) => at.monoMs - one.givenMonoMs < PATIENCE_MS)
}

/** `given` after `outcome`; the same object if that has nothing to do with it. */
export function after(given: Given, outcome: OrderStory, at: Instant): Given {
  const ms = at.monoMs - given.givenMonoMs
  const { order, id, name, leader } = given
  switch (outcome.kind) {
    case "gone":
      return outcome.id === id && GOING.has(order) && given.goneMs === undefined
        ? { ...given, goneMs: ms }
        : given
    case "leads": {
      if (given.heir || !MOVING.has(order)) return given
      const isHeir =
        order === "hand-over" ? outcome.id === id : leader !== undefined && outcome.id !== id
      return isHeir ? { ...given, heir: { name: outcome.name, ms } } : given
    }
    case "joined": {
      const isBack = (order === "restart" || order === "start") && outcome.name === name
      return isBack && !given.back && outcome.id !== id
        ? { ...given, back: { ms, place: outcome.place } }
        : given
    }
  }
}

const GOING: ReadonlySet<string> = new Set(["stop", "kill", "restart"])
/** What can end a reign: of others a later change of leader is no consequence. */
const MOVING: ReadonlySet<string> = new Set([...GOING, "freeze", "hand-over"])

/** What to say about an order: as much as is known. */
export function sentence(given: Given): string {
  const { remark } = given
  return remark === undefined ? known(given) : `${known(given)} (${remark})`
}

function known(given: Given): string {
  const { order, name, leader, heir, goneMs, back } = given
  const led = heir && order !== "hand-over" ? `; ${heir.name} leads after ${latency(heir.ms)}` : ""
  switch (order) {
    case "stop":
      return goneMs === undefined ? `asked ${name} to stop${led}` : left(given, goneMs) + led
    case "kill":
      return goneMs === undefined ? `told ${name} to kill itself${led}` : `${name} killed${led}`
    case "restart":
      if (back)
        return `${name} is back after ${latency(back.ms)}, ${ordinal(back.place)} in line${led}`
      if (goneMs === undefined) return `asked ${name} to restart${led}`
      return `${left(given, goneMs)}, comes back at the end of the line${led}`
    case "hand-over":
      if (heir) return `${name} leads after ${latency(heir.ms)}: ${leader} handed over`
      return `asked ${leader} to hand over to ${name}`
    case "pause":
      return obeyed(
        given,
        `asked ${name} to pause`,
        `${name} paused: it keeps its place, takes no work`,
      )
    case "resume":
      return obeyed(given, `asked ${name} to go on`, `${name} takes work again`)
    case "freeze":
      if (heir)
        return `${heir.name} leads after ${latency(heir.ms)}: the lease of ${name} ran out; z thaws it`
      return obeyed(
        given,
        `freezing ${name}`,
        `${name} is frozen: watch its lease run down; z thaws it`,
      )
    case "thaw":
      return obeyed(given, `thawing ${name}`, thawed(given))
    case "start":
      if (back) return `${name} joined after ${latency(back.ms)}, ${ordinal(back.place)} in line`
      return name === "" ? "starting a new worker" : `started ${name}`
  }
}

function left({ name, busy }: Given, goneMs: number): string {
  const finished = busy > 0 ? `, finished ${count(busy)}` : ""
  return `${name} left after ${latency(goneMs)}${finished}`
}

/** `leader` is set if it led when it was frozen, and no longer does. */
function thawed({ name, leader }: Given): string {
  return leader === undefined
    ? `${name} runs again`
    : `${name} runs again, and finds that it no longer leads`
}

function obeyed({ obeyedMs }: Given, before: string, then: string): string {
  return obeyedMs === undefined ? before : then
}

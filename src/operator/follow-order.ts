/**
 * Gives an order to a member of a pool and follows it to its end: the member has left, is back, is paused; and if it
 * led, somebody else does. The figures count from the moment the order was sent.
 */
import type { Bus } from "../contracts/bus.js"
import { BadInput, NoLeader, PoolError } from "../errors/errors.js"
import { reignOf } from "../protocol/claim.js"
import type { Member } from "../protocol/member.js"
import { namesOf } from "../protocol/names.js"
import type { Order, OrderName } from "../protocol/orders.js"
import { findMember } from "./find-member.js"
import type { PoolWatch } from "./pool-watch.js"
import { sendOrder, TakesNoOrders } from "./send-order.js"

/** Somebody else leads than was wanted: the one wanted was not there in time. */
export class AnotherLeads extends PoolError {
  override readonly name = "AnotherLeads"
  override readonly code = "another-leads"
  constructor(
    readonly wanted: string,
    readonly leader: NewLeader,
  ) {
    super(`${leader.name} leads now, term ${leader.term}: ${wanted} did not take the word in time`)
  }
}

/** The leader is the only one who may lead: there is nobody to hand over to. */
export class NobodyElse extends PoolError {
  override readonly name = "NobodyElse"
  override readonly code = "nobody-else"
  constructor(
    readonly pool: string,
    readonly leader: string,
  ) {
    super(`nobody but ${leader} may lead pool "${pool}"; start one who may, with: pool worker`)
  }
}

/** What came of an order. */
export interface OrderOutcome {
  readonly order: OrderName
  readonly name: string
  readonly id: string
  /** From the order to its end, in ms; 0 if there was nothing to do. */
  readonly ms: number
  /** Why there was nothing to do. */
  readonly nothing?: string
  /** The id under which a member that was restarted is back. */
  readonly newId?: string
  /** Who leads since; undefined if leadership did not change. */
  readonly leader?: NewLeader
  /** It led, and nobody is there who could lead after it. */
  readonly isLeaderless?: boolean
}

export interface NewLeader {
  readonly name: string
  readonly id: string
  readonly term: number
  /** From the order to the announcement of its claim, in ms. */
  readonly ms: number
}

export interface Giving {
  readonly bus: Bus
  readonly pool: string
  readonly watch: PoolWatch
  /** How long to wait for the end, in ms. */
  readonly timeoutMs: number
}

/** Orders the member that `wanted` names. Throws NoMember, SeveralMembers, TakesNoOrders or NotInTime. */
export async function order(
  giving: Giving,
  name: OrderName,
  wanted: string,
): Promise<OrderOutcome> {
  const { watch, pool } = giving
  const member = findMember(pool, watch.members, wanted)
  const given = new Given(giving, member)
  switch (name) {
    case "pause":
    case "resume":
      return given.rest(name)
    case "restart":
      return given.leave(name, true)
    default:
      return given.leave(name, false)
  }
}

/**
 * Has the leader hand over: to the member that `wanted` names, or to the next in line. With `from`, only if that one
 * leads; otherwise there is nothing to do. Throws NoLeader, NobodyElse, and as `order` does.
 */
export async function handOver(
  giving: Giving,
  wanted?: string,
  from?: string,
): Promise<OrderOutcome> {
  const { watch, pool } = giving
  const { held, members } = watch
  if (!held) throw new NoLeader(pool, 0)
  const { claim } = held
  const to = wanted === undefined ? undefined : findMember(pool, members, wanted)
  const holder = watch.member(claim.id)
  const done = { order: "hand-over", name: claim.name, id: claim.id, ms: 0 } as const
  if (to?.id === claim.id) return { ...done, nothing: `${claim.name} leads already` }
  if (from !== undefined && findMember(pool, members, from).id !== claim.id) {
    return { ...done, nothing: `${from} does not lead` }
  }
  if (to) checkHeir(to, watch.silentMs(to))
  if (!holder) throw new NoLeader(pool, 0)
  if (!to && !members.some(({ id, eligible }) => eligible && id !== holder.id)) {
    throw new NobodyElse(pool, holder.name)
  }
  return new Given(giving, holder).handOver(to)
}

/** Throws for one that would not take the word: the leader would give up leading, and somebody else take over. */
function checkHeir(member: Member, silentMs: number | undefined): void {
  const { name, eligible, state } = member
  if (!eligible) {
    const why = member.lingering ? ", whose last lead() has not returned" : ""
    throw new BadInput("hand-over", "a member that may lead", `${name}${why}`)
  }
  if (state === "draining")
    throw new BadInput("hand-over", "a member that stays", `${name}, who leaves`)
  if (silentMs === undefined) return
  const silent = `${name}, silent for ${(silentMs / 1000).toFixed(1)} s`
  throw new BadInput("hand-over", "a member that renews its entry", silent)
}

class Given {
  readonly #giving: Giving
  readonly #member: Member
  readonly #term: number
  readonly #led: boolean
  #sentMs = 0

  constructor(giving: Giving, member: Member) {
    this.#giving = giving
    this.#member = member
    const { held } = giving.watch
    this.#term = held ? reignOf(held).term : 0
    this.#led = held?.claim.id === member.id
  }

  async rest(order: "pause" | "resume"): Promise<OrderOutcome> {
    const { id, name } = this.#member
    const wanted = order === "pause" ? "paused" : "ready"
    if (this.#member.state === wanted) return this.#nothing(order, `${name} is ${wanted} already`)
    await this.#send({ order })
    const isSo = () => this.#giving.watch.member(id)?.state === wanted
    await this.#until(`${name} is not ${wanted}`, isSo)
    return this.#ended(order, this.#pastMs())
  }

  /** It leaves, and with `isComingBack` joins anew. */
  async leave(order: OrderName, isComingBack: boolean): Promise<OrderOutcome> {
    const { watch } = this.#giving
    const { id, name, host, pid, key } = this.#member
    const isNew = (other: Member) =>
      other.name === name && other.host === host && other.pid === pid && other.key > key
    await this.#send({ order })
    let leader: NewLeader | undefined
    const isGone = () => {
      leader ??= this.#newLeader()
      return watch.member(id) === undefined
    }
    await this.#until(`${name} has not left`, isGone)
    const back = isComingBack
      ? await this.#until(`${name} is not back`, () => watch.members.find(isNew))
      : undefined
    const ended = this.#ended(order, this.#pastMs(), back && { newId: back.id })
    if (!this.#led) return ended
    if (!leader && !watch.members.some(({ eligible }) => eligible)) {
      return { ...ended, isLeaderless: true }
    }
    leader ??= await this.#until(`nobody leads after ${name}`, () => this.#newLeader())
    return { ...ended, leader }
  }

  async handOver(to: Member | undefined): Promise<OrderOutcome> {
    const { name } = this.#member
    await this.#send({ order: "hand-over", ...(to && { to: to.id }) })
    const leader = await this.#until(`${name} has not handed over`, () => this.#newLeader())
    if (to && leader.id !== to.id) throw new AnotherLeads(to.name, leader)
    return this.#ended("hand-over", leader.ms, { leader })
  }

  async #send(order: Order): Promise<void> {
    const { bus, pool } = this.#giving
    const { id, control } = this.#member
    if (!control) throw new TakesNoOrders(id)
    this.#sentMs = performance.now()
    await sendOrder(bus, namesOf(pool), id, order)
  }

  #newLeader(): NewLeader | undefined {
    const { held } = this.#giving.watch
    const { term = 0 } = held ? reignOf(held) : {}
    if (!held || term <= this.#term) return undefined
    return { name: held.claim.name, id: held.claim.id, term, ms: this.#pastMs() }
  }

  #until<T>(what: string, found: () => T | undefined | false): Promise<T> {
    return this.#giving.watch.until(what, found, this.#giving.timeoutMs)
  }

  #pastMs(): number {
    return Math.round((performance.now() - this.#sentMs) * 10) / 10
  }

  #nothing(order: OrderName, nothing: string): OrderOutcome {
    return this.#ended(order, 0, { nothing })
  }

  #ended(order: OrderName, ms: number, more: Partial<OrderOutcome> = {}): OrderOutcome {
    const { name, id } = this.#member
    return { order, name, id, ms, ...more }
  }
}

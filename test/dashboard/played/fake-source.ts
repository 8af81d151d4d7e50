/** A FakePool as the dashboard sees it: it obeys orders, answers requests, counts, and has some load. */

import type { ServerLever } from "../../../src/dashboard/world/servers.js"
import type {
  Lever,
  PoolEvent,
  PoolSource,
  Reply,
  WorkKind,
} from "../../../src/dashboard/world/source.js"
import { NoWorkers, RequestTimeout } from "../../../src/errors/errors.js"
import type { Clock } from "../../../src/time/clock.js"
import { pause } from "../../../src/time/within.js"
import { FakeLoad } from "./fake-load.js"
import { type FakeMember, FakePool, type FakeStart, TTL_MS } from "./fake-pool.js"
import { FakeServers } from "./fake-servers.js"
import { seeded } from "./seeded.js"

export interface FakeOptions {
  readonly members?: readonly FakeStart[]
  readonly seed?: number
  /** Requests a second that others send, about; default 0. */
  readonly load?: number
  /** Default true. */
  readonly canStart?: boolean
  readonly logs?: string
  /** Names of the servers of a cluster; none: one server. */
  readonly servers?: readonly string[]
  /** Whether there are levers for them; default true. */
  readonly ownsServers?: boolean
}

/** How long a request waits for an answer. */
const TIMEOUT_MS = 2000

export class FakeSource implements PoolSource {
  readonly pool = "work"
  readonly server = "nats://127.0.0.1:4222"
  readonly memberTtlMs = TTL_MS
  readonly ownsPool = false
  readonly logs: string
  readonly fake: FakePool
  startWorker?: () => Promise<string>
  orderServer?: (name: string, lever: ServerLever) => Promise<void>
  readonly servers: FakeServers | undefined
  isClosed = false
  readonly #clock: Clock
  readonly #random: () => number
  readonly #load: FakeLoad
  /** Frozen members that were dropped meanwhile: their processes still exist. */
  readonly #frozen = new Map<string, FakeMember>()
  #heard: ((event: PoolEvent) => void) | undefined
  #isCut = false

  constructor(clock: Clock, options: FakeOptions = {}) {
    this.#clock = clock
    this.#random = seeded(options.seed ?? 1)
    this.logs = options.logs ?? ".pool/logs"
    this.fake = new FakePool(clock, this.#random)
    for (const start of options.members ?? []) this.fake.join(start)
    if (options.canStart !== false) this.startWorker = () => this.#start()
    if (options.servers) {
      const servers = new FakeServers(clock, options.servers, (seen) =>
        this.say({ kind: "servers", seen }),
      )
      this.servers = servers
      if (options.ownsServers !== false)
        this.orderServer = (name, lever) => servers.order(name, lever)
    }
    this.#load = new FakeLoad(this.fake, clock, this.#random, options.load ?? 0)
    this.#load.begin((counters) => this.say({ kind: "counters", counters }))
  }

  listen(heard: (event: PoolEvent) => void): () => void {
    this.#heard = heard
    this.fake.tell = (event) => this.say(event)
    this.#tellAll()
    return () => {
      this.#heard = undefined
    }
  }

  /** Tells something out of turn, such as an entry that can't be read. */
  say(event: PoolEvent): void {
    if (!this.#isCut) this.#heard?.(event)
  }

  /** Loses the connection: nothing is heard, nothing gets through. */
  cut(reason = "connection refused"): void {
    this.say({ kind: "connection", isUp: false, reason })
    this.#isCut = true
  }

  /** Finds it again, and tells everything that lives. */
  mend(): void {
    this.#isCut = false
    this.#tellAll()
  }

  async request(kind: WorkKind, _payload: string): Promise<Reply> {
    const one = kind === "tracked" ? this.fake.leader() : this.fake.anyReady()
    if (!one) throw new NoWorkers(this.pool)
    const ms = this.#latency()
    await pause(this.#clock, one.isFrozen ? TIMEOUT_MS : ms)
    if (one.isFrozen)
      throw new RequestTimeout(kind === "simple" ? "work" : "work.leader", TIMEOUT_MS)
    this.#load.did(one, kind === "tracked")
    const { name, id } = one.member
    const term = this.fake.claim?.claim.term
    return { worker: name, id, ms, ...(kind === "tracked" && term !== undefined && { term }) }
  }

  async order(id: string, order: Lever): Promise<string | undefined> {
    const one = this.fake.members.get(id) ?? this.#frozen.get(id)
    if (!one) throw new Error("it is not there any more")
    if (one.isFrozen && order !== "thaw" && order !== "kill") {
      await pause(this.#clock, TIMEOUT_MS)
      throw new Error(`no answer within ${TIMEOUT_MS} ms`)
    }
    await pause(this.#clock, 0.5)
    return this.#obey(one, order)
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.#load.end()
    this.fake.close()
  }

  #tellAll(): void {
    const { members, claim } = this.fake
    this.say({ kind: "connection", isUp: true, roundTripMs: 0.4 })
    for (const { member } of members.values()) this.say({ kind: "member", member })
    if (claim) this.say({ kind: "claim", standing: claim })
    if (this.servers) this.say({ kind: "servers", seen: this.servers.seen })
    this.say({ kind: "caught-up" })
  }

  #obey(one: FakeMember, order: Lever): string | undefined {
    const { fake } = this
    const { id, name, host } = one.member
    switch (order) {
      case "stop":
        return this.#stop(one, () => {})
      case "restart":
        return this.#stop(one, () => this.#clock.after(180, () => fake.join({ name, host })))
      case "kill":
        return this.#kill(one)
      case "hand-over":
        this.#clock.after(1.5, () => fake.lead(id))
        return undefined
      case "pause":
      case "resume":
        fake.change(id, { state: order === "pause" ? "paused" : "ready" })
        return undefined
      case "freeze":
        this.#frozen.set(id, one)
        fake.freeze(id)
        return undefined
      case "thaw":
        this.#frozen.delete(id)
        fake.thaw(one)
        return undefined
    }
  }

  #stop(one: FakeMember, then: () => void): undefined {
    const { id, counters } = one.member
    if (this.fake.claim?.claim.id === id) this.fake.succeed(1)
    this.fake.change(id, { state: "draining" })
    this.#clock.after(counters.busy > 0 ? 1200 : 40, () => {
      this.fake.leave(id, "left")
      then()
    })
  }

  #kill(one: FakeMember): string | undefined {
    const { id } = one.member
    this.#frozen.delete(id)
    this.#clock.after(3.6, () => {
      if (this.fake.claim?.claim.id === id) this.fake.succeed(4.9)
      this.fake.leave(id, "killed")
    })
    return one.isFrozen ? "it was frozen, so its supervisor did it" : undefined
  }

  async #start(): Promise<string> {
    const taken = new Set([...this.fake.members.values()].map(({ member }) => member.name))
    const name = [..."abcdefghijklmnopqrstuvwxyz"].find((letter) => !taken.has(letter)) ?? "zz"
    await pause(this.#clock, 30)
    this.#clock.after(110, () => {
      const { member } = this.fake.join({ name, state: "starting" })
      this.#clock.after(60, () => this.fake.change(member.id, { state: "ready" }))
    })
    return name
  }

  #latency(): number {
    const isSlow = this.#random() < 0.03
    return (isSlow ? 8 : 1.7) + this.#random() * 0.9
  }
}

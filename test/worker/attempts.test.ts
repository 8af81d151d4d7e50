/**
 * Whatever repeats itself lets time pass between two tries: how often each piece tries, in every state of the
 * connection, on a clock that moves when the test says so. Who turns without letting go is found, not waited for.
 */
import type { KV } from "@nats-io/kv"
import type { NatsConnection } from "nats"
import t from "tap"
import type { Backend } from "../../src/backend/backend.js"
import { LocalPools } from "../../src/backend/local-pools.js"
import { MemoryBucket } from "../../src/backend/memory-bucket.js"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import { PoolClient } from "../../src/client/client.js"
import type { Bucket, WatchListener } from "../../src/contracts/bucket.js"
import { Troubles } from "../../src/contracts/troubles.js"
import { evict } from "../../src/coordinator/eviction.js"
import { handOn } from "../../src/coordinator/hand-on.js"
import { RevisionMismatch } from "../../src/errors/errors.js"
import { watchKv } from "../../src/jetstream/kv-watch.js"
import { Membership } from "../../src/membership/membership.js"
import { encodeClaim } from "../../src/protocol/claim.js"
import { CLAIM_KEY, namesOf } from "../../src/protocol/names.js"
import { joinPool } from "../../src/worker/worker.js"
import { type BusState, CuttableBus } from "../fixtures/cuttable-bus.js"
import { claimOf } from "../fixtures/election.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"
import { member } from "../fixtures/members.js"

/** What becomes of all that is asked of a bucket. */
const BUCKET_STATES = ["works", "fails", "throws", "refuses", "hangs", "flaps"] as const
type BucketState = (typeof BUCKET_STATES)[number]

/** More at one instant than any piece has reason for; whoever comes so far is never answered again. */
const MOST_AT_ONCE = 1000

/** A way to a bucket that counts what is asked of it, and at which most at one instant. */
class CountedBucket implements Bucket {
  state: BucketState = "works"
  asked = 0
  mostAtOnce = 0
  readonly #bucket: Bucket
  readonly #clock: ManualClock
  #atMs = -1
  #atOnce = 0

  constructor(bucket: Bucket, clock: ManualClock) {
    this.#bucket = bucket
    this.#clock = clock
  }

  get = (key: string) => this.#pass(() => this.#bucket.get(key))
  write = (key: string, value: Uint8Array, over: number) =>
    this.#pass(() => this.#bucket.write(key, value, over), true)
  put = (key: string, value: Uint8Array) => this.#pass(() => this.#bucket.put(key, value))
  remove = (key: string, over: number) => this.#pass(() => this.#bucket.remove(key, over), true)
  keys = () => this.#pass(() => this.#bucket.keys())
  entries = () => this.#pass(() => this.#bucket.entries())
  watch = (listener: WatchListener) => this.#pass(() => this.#bucket.watch(listener))

  #pass<T>(ask: () => Promise<T>, isRefusable = false): Promise<T> {
    this.asked += 1
    const { monoMs } = this.#clock.now()
    this.#atOnce = monoMs === this.#atMs ? this.#atOnce + 1 : 1
    this.#atMs = monoMs
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce)
    if (this.#atOnce > MOST_AT_ONCE) return new Promise(() => {})
    // As the client library does, in the end.
    if (this.state === "hangs") {
      return new Promise((_, reject) => {
        this.#clock.after(5000, () => reject(new Error("no answer")))
      })
    }
    if (this.state === "throws") throw new Error("thrown at once")
    const isDown = this.state === "fails" || (this.state === "flaps" && this.asked % 2 === 0)
    if (isDown) return Promise.reject(new Error("the bucket is down"))
    if (this.state === "refuses" && isRefusable) return Promise.reject(new RevisionMismatch("k", 1))
    return ask()
  }
}

interface Way {
  readonly bucket: CountedBucket
  readonly bus: CuttableBus
  told: (isUp: boolean) => void
}

/** Pools in which one worker's ways to bus and bucket can be harmed. */
class HarmedPools extends LocalPools {
  readonly ways: Way[] = []

  override backend(...of: Parameters<LocalPools["backend"]>): Backend {
    const backend = super.backend(...of)
    const clock = this.clock as ManualClock
    const bucket = new CountedBucket(backend.bucket, clock)
    const bus = new CuttableBus(backend.bus, clock)
    const way: Way = { bucket, bus, told: () => {} }
    this.ways.push(way)
    const writeHistory = async () => {
      if (bucket.state !== "works") throw new Error("no history")
    }
    return {
      ...backend,
      bucket,
      bus,
      writeHistory,
      follow: (_, told) => {
        way.told = told
      },
    }
  }
}

const SECONDS = 20
const MOST_A_SECOND = 200

for (const role of ["leader", "follower"] as const) {
  for (const state of BUCKET_STATES) {
    t.test(`a ${role} whose bucket ${state} tries 200 times a second at most`, async (t) => {
      const clock = new ManualClock()
      const local = new HarmedPools({ clock, random: () => 0 })
      const names = role === "leader" ? ["a"] : ["b", "a"]
      const workers = []
      for (const name of names) {
        const worker = await joinPool({ local, name, report: () => {} })
        // One that can't join anew is given up in the end.
        worker.closed.catch(() => {})
        workers.push(worker)
        await clock.pass(1000)
      }
      const worker = workers.at(-1)
      const way = local.ways.at(-1) as Way
      const { bucket, bus } = way
      t.equal(worker?.isLeader, role === "leader")
      bucket.state = state
      const [asked, sent] = [bucket.asked, bus.sent]
      for (let second = 0; second < SECONDS; second += 1) {
        // Its connection comes and goes, ten times a second.
        for (let n = 0; n < 10; n += 1) {
          way.told(n % 2 === 1)
          await clock.pass(100)
        }
      }
      t.ok((bucket.asked - asked) / SECONDS < MOST_A_SECOND, `${bucket.asked - asked} times`)
      t.ok((bus.sent - sent) / SECONDS < MOST_A_SECOND, `${bus.sent - sent} messages`)
      t.ok(bucket.mostAtOnce < 50, `${bucket.mostAtOnce} at one instant`)
      worker?.restart().catch(() => {})
      const before = bucket.asked
      await clock.pass(SECONDS * 1000)
      t.ok(
        (bucket.asked - before) / SECONDS < MOST_A_SECOND,
        `${bucket.asked - before} times, joining anew`,
      )
      bucket.state = "works"
      await clock.pass(60_000)
      const left = Promise.all(workers.map((one) => one.leave()))
      await clock.pass(60_000)
      await left
    })
  }
}

for (const state of ["up", "down", "closed", "refuses", "silent"] satisfies BusState[]) {
  for (const kind of ["work", "leaderWork"] as const) {
    t.test(
      `a client whose connection is ${state} asks for ${kind} 300 times a second at most`,
      async (t) => {
        const clock = new ManualClock()
        const world = new MemoryBus({ clock })
        const bus = new CuttableBus(world.connect("asker"), clock)
        const client = new PoolClient({ bus, clock, random: () => 0 })
        let ended = 0
        const ask = () =>
          client[kind]("", { timeoutMs: 5000, idempotent: true }).catch(() => {
            ended += 1
          })
        const first = ask()
        await settled()
        bus.set(state)
        await settled()
        const before = bus.sent
        const all = [first, ask()]
        await clock.pass(6000)
        await Promise.all(all)
        t.equal(ended, 2)
        t.ok(bus.sent - before < 2 * 5 * 300, `${bus.sent - before} times`)
        await client.close()
        t.equal(bus.listeners, 0)
      },
    )
  }
}

for (const state of BUCKET_STATES) {
  t.test(`handing on, evicting and keeping an entry, with a bucket that ${state}`, async (t) => {
    const clock = new ManualClock()
    const memory = new MemoryBucket(clock, 6000)
    const bucket = new CountedBucket(memory, clock)
    const bus = new MemoryBus({ clock }).connect("a")
    const claim = claimOf("a", { heirs: [] })
    const revision = await memory.put(CLAIM_KEY, encodeClaim(claim))
    const { key: _, start: __, ...portrait } = member("m")
    const membership = new Membership({
      ...{ bucket, clock, beatMs: 500, portrait: () => portrait },
      troubles: new Troubles(clock),
    })
    await membership.join()
    bucket.state = state
    const options = { bus, bucket, names: namesOf("work"), clock, stepMs: 50, by: "x" }
    const ended = { reign: { id: "a", term: revision }, standing: { claim, revision }, reason: "x" }
    const ends = Promise.allSettled([
      handOn(options, ended),
      evict(options, { key: membership.key, id: portrait.id }, "killed"),
    ])
    await clock.pass(SECONDS * 1000)
    t.ok(bucket.asked / SECONDS < MOST_A_SECOND, `${bucket.asked} times`)
    t.ok(bucket.mostAtOnce < 50, `${bucket.mostAtOnce} at one instant`)
    bucket.state = "works"
    const left = membership.leave()
    await clock.pass(60_000)
    await left
    await ends
    t.equal(clock.alarms, 0)
  })
}

t.test("a watch is opened anew once in half a second at most, whatever happens", async (t) => {
  let opened = 0
  let isUp = true
  const kv = {
    async watch() {
      opened += 1
      if (!isUp) throw new Error("no watch")
      return { stop() {}, async *[Symbol.asyncIterator]() {} }
    },
    status: async () => ({ values: 0, streamInfo: { state: { last_seq: 0 } } }),
  }
  const bus = new CuttableBus(
    new MemoryBus({ clock: new ManualClock() }).connect(),
    new ManualClock(),
  )
  const beganMs = performance.now()
  const stop = await watchKv(bus as unknown as NatsConnection, () => kv as unknown as KV, {
    heard: () => {},
  })
  for (let flap = 0; flap < 1000; flap += 1) {
    isUp = flap % 3 === 0
    bus.set(flap % 2 ? "up" : "down")
    await settled()
  }
  const most = 2 + (performance.now() - beganMs) / 500
  t.ok(opened <= most, `${opened} times, ${most.toFixed(1)} at most`)
  stop()
  t.equal(bus.listeners, 0)
})

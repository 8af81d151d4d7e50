/**
 * The demo: a pool of real workers inside this process, which has lived through some minutes already, and goes on live. It
 * needs no server.
 */
import { PoolClient } from "../client/client.js"
import { unawaited } from "../contracts/unawaited.js"
import { timingsOf } from "../lease/timings.js"
import type { Member } from "../protocol/member.js"
import { DEFAULT_POOL } from "../protocol/names.js"
import type { Cancel, Clock } from "../time/clock.js"
import { VirtualClock } from "../time/virtual-clock.js"
import { pause } from "../time/within.js"
import { DemoWorkers } from "./demo-workers.js"
import { LivePool } from "./live-pool.js"
import { DashboardStore } from "./state/store.js"
import type { PoolEvent, PoolSource } from "./world/source.js"

/** How old the pool is, for how long it had three workers, and for how long its first leader has been dead, in ms. */
const LIVED_MS = 150_000
const THREE_MS = 60_000
const KILLED_MS = 22_000
/** Between two requests of others, in ms, about; one in so many is for the leader. */
const LOAD_MS = 50
const TRACKED_ONE_IN = 12

export interface Demo {
  readonly source: PoolSource
  readonly clock: VirtualClock
  readonly store: DashboardStore
}

/** A pool of three that lost its first leader a moment ago. */
export async function rehearsed(nowWallMs: number): Promise<Demo> {
  const clock = new VirtualClock(nowWallMs - LIVED_MS)
  const workers = new DemoWorkers({ clock })
  const source = new DemoPool(workers)
  const store = new DashboardStore(source, clock)
  const play = async () => {
    for (const name of ["d", "a", "b"]) await workers.start(name)
    await pause(clock, THREE_MS)
    await workers.start("c")
    source.load()
    await pause(clock, LIVED_MS - THREE_MS - KILLED_MS)
    store.press(["K"])
    store.press(["y"])
    await pause(clock, KILLED_MS)
  }
  await clock.during(play(), 2 * LIVED_MS)
  return { source, clock, store }
}

/** The pool of the demo; its workers run on two machines, as it has it. */
class DemoPool extends LivePool {
  readonly #client: PoolClient
  readonly #clock: Clock
  #stopLoad: Cancel = () => {}

  constructor(workers: DemoWorkers) {
    const { clock } = workers
    const client = PoolClient.local({ local: workers })
    super({
      ...{ pool: DEFAULT_POOL, clock, client, processes: workers, ownsPool: false },
      server: "nats://127.0.0.1:4222",
      bus: workers.connect(),
      memberTtlMs: timingsOf().memberTtlMs,
      findBucket: async () => workers.bucket(DEFAULT_POOL),
      watchConnection: (told) => {
        told({ isUp: true, roundTripMs: 0.4 })
        return () => {}
      },
      start: (name) => workers.start(name),
      starting: () => workers.names,
      close: () => {
        this.#stopLoad()
        return workers.close()
      },
    })
    this.#client = client
    this.#clock = clock
  }

  /** Requests of others, from now on. */
  load(): void {
    const isTracked = Math.random() * TRACKED_ONE_IN < 1
    unawaited(isTracked ? this.#client.leaderWork() : this.#client.work(), () => {})
    this.#stopLoad = this.#clock.after(Math.random() * 2 * LOAD_MS, () => this.load())
  }

  override listen(heard: (event: PoolEvent) => void): () => void {
    return super.listen((event) =>
      heard(event.kind === "member" ? { ...event, member: elsewhere(event.member) } : event),
    )
  }
}

function elsewhere(member: Member): Member {
  const place = member.name.charCodeAt(0) - "a".charCodeAt(0)
  return { ...member, host: place % 3 === 2 ? "boreas" : "atlas", pid: 48_200 + 7 * place }
}

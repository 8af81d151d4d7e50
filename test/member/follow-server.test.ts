import t from "tap"
import type { Bus } from "../../src/contracts/bus.js"
import { Troubles } from "../../src/contracts/troubles.js"
import { followServers, type Move, type SecondConnection } from "../../src/member/follow-server.js"
import { namesOf } from "../../src/protocol/names.js"
import { settled } from "../fixtures/manual-clock.js"
import { parties } from "../fixtures/parties.js"

interface Setting {
  readonly isLeader?: boolean
  readonly random?: number
  readonly isDue?: boolean
  readonly renews?: boolean
  /** What becomes of the opening of a second connection. Default: it is there at once. */
  readonly opens?: "never" | "refused" | "late"
  readonly moves?: boolean
  /** Whether servers tell each other what is subscribed to. */
  readonly isHeard?: boolean
}

/** A worker whose server goes, and what it does about that, in order. */
function worker({ isLeader = false, random = 0.5, isDue = true, ...setting }: Setting = {}) {
  const { renews = true, moves = true, isHeard = true, opens } = setting
  const { clock, join } = parties({ deliver: () => (isHeard ? 0 : "drop") })
  const bus = join()
  const beside: SecondConnection = Object.assign(join(), {
    flush: async () => {},
    close: async () => void did("closes the second"),
  })
  const deeds: string[] = []
  const did = (deed: string) => deeds.push(`${deed} at ${clock.now().monoMs}`)
  const move = {
    isDue,
    async second() {
      did("opens a second")
      if (opens === "refused") throw new Error("no")
      if (opens === "late") await new Promise<void>((resolve) => clock.after(3000, resolve))
      if (opens === "never") await new Promise(() => {})
      return beside
    },
    async move() {
      did("moves")
      if (!moves) throw new Error("no way")
    },
  }
  const renew = () => {
    did("renews")
    return renews ? Promise.resolve() : new Promise<void>(() => {})
  }
  const where = (at?: Bus) => (at === beside ? " on the second" : "")
  let told = (_isUp: boolean) => {}
  const run = {
    coordinator: {
      leads: () => isLeader,
      renew,
      connection: (isUp: boolean) => void did(isUp ? "is up" : "is down"),
    },
    work: {
      withdraw: async (_ms: number, at?: Bus) => void did(`withdraws${where(at)}`),
      comeBack: (at?: Bus) => void did(`${at ? "listens" : "comes back"}${where(at)}`),
      connectionLost: () => void did("is in another group"),
    },
  }
  const report = (problem: string) => deeds.push(problem)
  const timings = { leaseMs: 12_000 }
  const onServerGoing = (told: (it: Move) => void) => told(move)
  const follow = (_: unknown, tell: (isUp: boolean) => void) => {
    told = tell
  }
  const names = namesOf("work")
  const backend = { bus, names, clock, random: () => random, timings, follow, onServerGoing }
  followServers(backend, () => run, new Troubles(clock, report))
  return { clock, deeds, move, told: (isUp: boolean) => told(isUp) }
}

t.test("a leader moves at once, and listens on a second connection meanwhile", async (t) => {
  const { deeds, clock } = worker({ isLeader: true })
  await settled()
  t.strictSame(deeds, [
    "renews at 0",
    "opens a second at 0",
    "listens on the second at 0",
    "withdraws at 0",
    "moves at 0",
    "comes back at 0",
    "withdraws on the second at 0",
    "closes the second at 0",
  ])
  t.equal(clock.alarms, 0)
})

t.test("a leader to whom no second connection is to be had moves without one", async (t) => {
  for (const [opens, ms, more] of [
    ["refused", 0, []],
    ["never", 2000, []],
    ["late", 2000, ["closes the second at 3000"]],
  ] as const) {
    const { deeds, clock } = worker({ isLeader: true, opens })
    await clock.pass(5000)
    t.strictSame(deeds.slice(2), [
      `withdraws at ${ms}`,
      `moves at ${ms}`,
      `comes back at ${ms}`,
      ...more,
    ])
    t.equal(clock.alarms, 0)
  }
})

t.test("what servers do not tell each other is not waited for", async (t) => {
  const { deeds, clock } = worker({ isLeader: true, isHeard: false })
  await clock.pass(10_000)
  t.equal(deeds[3], "withdraws at 2000")
  t.equal(deeds.at(-1), "closes the second at 4000")
})

t.test("a move that fails leaves no second connection", async (t) => {
  const { deeds } = worker({ isLeader: true, moves: false })
  await settled()
  t.strictSame(deeds.slice(4, 8), [
    "moves at 0",
    "comes back at 0",
    "withdraws on the second at 0",
    "closes the second at 0",
  ])
})

t.test("a connection that is lost costs the group in which it was", async (t) => {
  const { deeds, told } = worker({ isDue: false })
  told(false)
  told(true)
  t.strictSame(deeds.slice(1), ["is down at 0", "is in another group at 0", "is up at 0"])
})

t.test("the others renew at once, and move at a time of their own in half a lease", async (t) => {
  for (const random of [0, 0.5, 1]) {
    const { deeds, clock } = worker({ random })
    await clock.pass(6000)
    const at = random * 6000
    t.strictSame(deeds, [
      "renews at 0",
      `withdraws at ${at}`,
      `moves at ${at}`,
      `comes back at ${at}`,
    ])
  }
})

t.test("who is on another server by then stays there", async (t) => {
  const { deeds, clock, move } = worker()
  await clock.pass(1000)
  move.isDue = false
  await clock.pass(10_000)
  t.strictSame(deeds, ["renews at 0"])
})

t.test("a renewal that nobody answers holds up nobody for long", async (t) => {
  const { deeds, clock } = worker({ isLeader: true, renews: false })
  await clock.pass(2000)
  t.equal(deeds.at(-1), "closes the second at 2000")
})

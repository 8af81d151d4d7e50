import t from "tap"
import { Troubles } from "../../src/contracts/troubles.js"
import { followServers, type Move } from "../../src/member/follow-server.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"

/** A worker whose server goes, and what it does about that, in order. */
function worker({ isLeader = false, random = 0.5, isDue = true, renews = true } = {}) {
  const clock = new ManualClock()
  const deeds: string[] = []
  const did = (deed: string) => deeds.push(`${deed} at ${clock.now().monoMs}`)
  const move = {
    isDue,
    move: async () => void did("moves"),
  }
  const renew = () => {
    did("renews")
    return renews ? Promise.resolve() : new Promise<void>(() => {})
  }
  const run = {
    coordinator: { leads: () => isLeader, renew, connection: () => {} },
    work: { withdraw: async () => void did("withdraws"), comeBack: () => void did("comes back") },
  }
  const report = (problem: string) => deeds.push(problem)
  const timings = { leaseMs: 12_000 }
  const onServerGoing = (told: (it: Move) => void) => told(move)
  const backend = { clock, random: () => random, timings, follow: () => {}, onServerGoing }
  followServers(backend, () => run, new Troubles(clock, report))
  return { clock, deeds, move }
}

t.test("a leader renews, and moves at once, with nothing in hand", async (t) => {
  const { deeds, clock } = worker({ isLeader: true })
  await settled()
  t.strictSame(deeds, ["renews at 0", "withdraws at 0", "moves at 0", "comes back at 0"])
  t.equal(clock.alarms, 0)
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
  t.equal(deeds.at(-1), "comes back at 2000")
})

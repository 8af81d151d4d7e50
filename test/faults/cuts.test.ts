import t from "tap"
import { type Fleet, fleet } from "./fleet.js"
import { leadersOf } from "./judge.js"
import type { TcpProxy } from "./proxy.js"
import { isAll, lasting, rounds } from "./rounds.js"

/** What may happen to the network of one member. */
const HARMS: readonly [string, (network: TcpProxy) => void][] = [
  ["is cut", (network) => network.cut()],
  ["says and hears nothing", (network) => network.silence("in", "out")],
  ["can't be heard", (network) => network.silence("out")],
  ["hears nothing", (network) => network.silence("in")],
]

for (const round of rounds) {
  for (const [n, [happens, harm]] of HARMS.entries()) {
    // Half of them ask whether they lead, the others only hear the signal; in `make faults` each does both.
    for (const obeys of isAll
      ? (["questions", "signal"] as const)
      : ([n % 2 ? "signal" : "questions"] as const)) {
      t.test(
        `a leader that ${happens} stops by itself, is replaced, and comes back as a follower (${obeys})${round}`,
        async (t) => {
          const it = await fleet(t, { obeys })
          const from = it.now
          harm(it.network("a"))
          t.match(await it.begins(from), { who: "b" })
          await it.history.since(from, "ends", ({ who }) => who === "a")
          await it.answers("b")
          it.network("a").heal()
          await it.leads("b", "a")
          await it.answers("b")
          const { reigns } = await it.verdict(t)
          t.strictSame(leadersOf(reigns), ["a", "b"])
        },
      )
    }
  }

  t.test(
    `the leader leads on in its term, whatever happens to the next in line${round}`,
    async (t) => {
      // So long that a busy machine does not cost the leader its lease.
      const it = await fleet(t, isAll ? { leaseMs: 4_000 } : {})
      for (const [happens, harm] of HARMS) {
        harm(it.network("b"))
        await lasting(it.leaseMs * 1.1)
        it.network("b").heal()
        await renewals(it, 2)
        t.pass(`it ${happens}`)
      }
      await it.answers("a")
      const { reigns, unknown } = await it.verdict(t)
      t.equal(reigns.length, 1)
      t.equal(unknown, 0)
    },
  )

  t.test(`on a slow network leaders change as they should${round}`, async (t) => {
    const it = await fleet(t, { leaseMs: 4_000, names: ["a", "b", "c"] })
    for (const name of ["a", "b", "c"]) it.network(name).delay(20)
    await renewals(it, 2)
    const [leader = "", ...heirs] = await it.followed(["b", "c"], () => it.stop("a"))
    await it.leads(leader, ...heirs)
    await it.followed(heirs, () => it.kill(leader))
    await it.verdict(t)
  })
}

async function renewals(it: Fleet, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await it.history.next("claimed")
}

import t from "tap"
import { LONG_LEASE_MS } from "../fixtures/leases.js"
import { fleet } from "./fleet.js"
import { sharedMs } from "./history.js"
import { rounds } from "./rounds.js"

/** Where the point is that nobody waits for the lease. */
const LONG = { leaseMs: LONG_LEASE_MS, names: ["a", "b", "c"] }
const FOUR = ["a", "b", "c", "d"]

for (const round of rounds) {
  t.test(
    `a leader that is killed is followed by the next in line, long before its lease is over${round}`,
    async (t) => {
      const it = await fleet(t, { ...LONG, names: FOUR })
      const [leader = "", ...heirs] = await it.followed(["b", "c", "d"], () => it.kill("a"))
      await it.leads(leader, ...heirs)
      await it.followed(heirs, () => it.kill(leader))
      await it.verdict(t)
    },
  )

  t.test(`when the next in line is killed the leader goes on in its term${round}`, async (t) => {
    const it = await fleet(t, LONG)
    it.kill("b")
    await it.leads("a", "c")
    await it.answers("a")
    const { reigns, unknown } = await it.verdict(t)
    t.equal(reigns.length, 1)
    t.equal(unknown, 0)
  })

  t.test(`when leader and next in line are killed at once the third leads${round}`, async (t) => {
    const it = await fleet(t, { ...LONG, names: FOUR })
    await it.followed(["c", "d"], () => it.kill("b", "a"))
    await it.verdict(t)
  })

  t.test(
    `a kind stop is followed by the next in line, and no request is lost${round}`,
    async (t) => {
      const it = await fleet(t, LONG)
      const [leader = "", ...heirs] = await it.followed(["b", "c"], () => it.stop("a"))
      await it.leads(leader, ...heirs)
      await it.followed(heirs, () => it.stop(leader))
      const { unknown } = await it.verdict(t)
      t.equal(unknown, 0)
    },
  )

  t.test(`a kind stop leaves nobody in doubt, though the work takes long${round}`, async (t) => {
    const it = await fleet(t, {
      ...LONG,
      names: FOUR,
      asking: { each: 30, holdMs: 40, pauseMs: 80 },
    })
    let line = FOUR
    while (line.length > 1) {
      const [leader = "", ...heirs] = line
      line = await it.followed(heirs, () => it.stop(leader))
      await it.leads(...(line as [string, ...string[]]))
    }
    const { unknown } = await it.verdict(t)
    // Where the first heir took longer than its 50 ms several claim, and what those hold who do so in vain is in doubt.
    if (it.isOneHeirTold) t.equal(unknown, 0)
    else t.comment(`several heirs were told of one end; ${unknown} unknown`)
  })

  t.test(
    `a leader whose supervisor is killed stops kindly, and no request is lost${round}`,
    async (t) => {
      const it = await fleet(t, { ...LONG, alone: ["a"] })
      const supervisor = await it.supervisorOf("a")
      await it.followed(["b"], () => process.kill(supervisor, "SIGKILL"))
      const { unknown } = await it.verdict(t)
      t.equal(unknown, 0)
    },
  )

  t.test(
    `when worker and supervisor are killed together only the lease is waited for${round}`,
    async (t) => {
      const it = await fleet(t, { alone: ["a"] })
      const supervisor = await it.supervisorOf("a")
      const killedMs = sharedMs()
      await it.followed(["b"], () => {
        process.kill(supervisor, "SIGKILL")
        it.kill("a")
      })
      const { reigns } = await it.verdict(t)
      const afterMs = (reigns[1]?.firstMs ?? 0) - killedMs
      t.comment(`${afterMs.toFixed(0)} ms after it was killed, with a lease of ${it.leaseMs} ms`)
    },
  )
}

import t from "tap"
import { LONG_LEASE_MS } from "../fixtures/leases.js"
import { fleet } from "./fleet.js"
import type { Frame } from "./frames.js"
import { rounds } from "./rounds.js"

/** Where the point is that nobody waits for the lease; and doubts come early. */
const LONG = { leaseMs: LONG_LEASE_MS, settings: { renewMs: 200 } }

const isClaim = ({ words }: Frame) => words[1] === "$KV.pool_work.leader"

for (const round of rounds) {
  t.test(
    `when the acknowledgement of a first claim is lost its writer leads all the same${round}`,
    async (t) => {
      let lost: Promise<void> | undefined
      const it = await fleet(t, {
        ...LONG,
        prepare: async (it) => {
          lost = (await it.networkOf("a")).loseAcknowledgement(isClaim)
        },
      })
      await lost
      const { reigns } = await it.verdict(t)
      t.match(reigns, [{ who: "a" }])
    },
  )

  t.test(`when that of an heir's claim is lost the heir leads all the same${round}`, async (t) => {
    const it = await fleet(t, LONG)
    const lost = it.network("b").loseAcknowledgement(isClaim)
    const from = it.now
    it.kill("a")
    await lost
    const { who } = await it.begins(from)
    await it.answers(who)
    const { reigns } = await it.verdict(t)
    t.equal(reigns.length, 2)
  })

  t.test(`when that of a renewal is lost the reign goes on${round}`, async (t) => {
    const it = await fleet(t, { leaseMs: 4_000, settings: { renewMs: 200 } })
    for (let n = 0; n < 2; n += 1) {
      await it.network("a").loseAcknowledgement(isClaim)
      for (let renewals = 0; renewals < 3; renewals += 1) await it.history.next("claimed")
    }
    await it.answers("a")
    const { reigns, unknown } = await it.verdict(t)
    t.match(reigns, [{ who: "a" }])
    t.equal(reigns.length, 1)
    t.equal(unknown, 0)
  })

  t.test(
    `when that of a release is lost the next to come need not wait for the lease${round}`,
    async (t) => {
      const it = await fleet(t, { ...LONG, names: ["a"] })
      const isRelease = (frame: Frame) => isClaim(frame) && frame.bytes.includes('"released"')
      const lost = it.network("a").loseAcknowledgement(isRelease)
      await Promise.all([it.stop("a"), lost])
      const from = it.now
      await it.start("b")
      t.match(await it.begins(from), { who: "b" })
      await it.answers("b")
      await it.verdict(t)
    },
  )
}

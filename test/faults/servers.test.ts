import t from "tap"
import { fleet } from "./fleet.js"
import { isAll, lasting, rounds } from "./rounds.js"

const DOWN_MS = isAll ? 10_000 : 2_000

for (const round of rounds) {
  t.test(
    `after a restart of the server somebody leads, and all requests have ended${round}`,
    async (t) => {
      const it = await fleet(t, { leaseMs: 800 })
      await it.server.restart()
      await it.answers()
      await it.verdict(t)
    },
  )

  t.test(
    `after a kill of the server and ${DOWN_MS / 1000} s without one somebody leads in a later term${round}`,
    async (t) => {
      const it = await fleet(t)
      const from = it.now
      await it.server.kill()
      await it.history.since(from, "ends", ({ who }) => who === "a")
      await lasting(DOWN_MS)
      await it.server.restart()
      await it.begins(from)
      await it.answers()
      const { reigns } = await it.verdict(t)
      t.ok(reigns.length > 1)
    },
  )

  t.test(`while a server says nothing nobody leads for longer than a lease${round}`, async (t) => {
    const it = await fleet(t)
    const from = it.now
    it.server.freeze()
    await it.history.since(from, "ends", ({ who }) => who === "a")
    await lasting(it.leaseMs * 2)
    it.server.thaw()
    await it.begins(from)
    await it.answers()
    await it.verdict(t)
  })
}

import t from "tap"
import { fleet } from "./fleet.js"
import { isAll, lasting, rounds } from "./rounds.js"

/** How long requests are in the hands of their handlers while the server goes. */
const HELD_MS = [20, 100, 200, 300, 500, 800]
const DOWN_MS = isAll ? 10_000 : 2_000

for (const round of rounds) {
  t.test(
    `after a restart of the server somebody leads, and all requests have ended${round}`,
    async (t) => {
      const it = await fleet(t)
      const held = HELD_MS.flatMap((holdMs) => [
        it.requesters.ask(`once${holdMs}`, false, { holdMs }),
        it.requesters.ask(`twice${holdMs}`, true, { holdMs }),
      ])
      await it.server.restart()
      await Promise.all(held)
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

  t.test(
    `workers that are stopped while there is no server end by themselves${round}`,
    async (t) => {
      const it = await fleet(t)
      const stopped = it.requesters.stop()
      await it.server.kill()
      const gone: { isKind: boolean; how: string }[] = []
      it.onGone = (event) => gone.push(event)
      await Promise.all([it.stop("a"), it.stop("b")])
      t.match(gone, [{ isKind: true }, { isKind: true }])
      await it.server.restart()
      await stopped
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

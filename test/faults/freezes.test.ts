import { writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { fleet } from "./fleet.js"
import { leadersOf } from "./judge.js"
import { lasting, rounds } from "./rounds.js"

for (const round of rounds) {
  t.test(
    `a leader that is frozen for half a lease leads on in its term, and answers what waited${round}`,
    async (t) => {
      // What is left of it after the freeze is time enough for a busy machine.
      const it = await fleet(t, { leaseMs: 4_000 })
      it.freeze("a")
      const waited = it.requesters.ask("waiting", false)
      await lasting(it.leaseMs / 2)
      it.thaw("a")
      await waited
      await it.answers("a")
      const { reigns } = await it.verdict(t)
      t.strictSame(leadersOf(reigns), ["a"])
      t.match(
        it.history.all.findLast(({ who }) => who === "waiting"),
        { what: "answered", by: "a" },
      )
    },
  )

  t.test(`frozen for one lease it leads on or is replaced, but not both${round}`, async (t) => {
    const it = await fleet(t)
    it.freeze("a")
    await lasting(it.leaseMs)
    it.thaw("a")
    await it.answers()
    await it.verdict(t)
  })

  t.test(
    `frozen for three leases it is replaced, and answers nothing of what waited for it${round}`,
    async (t) => {
      const it = await fleet(t)
      const from = it.now
      it.freeze("a")
      const waited = [1, 2, 3, 4, 5].map((n) => it.requesters.ask(`waiting${n}`, n > 3))
      const thawing = lasting(it.leaseMs * 3)
      t.match(await it.begins(from), { who: "b" })
      await thawing
      const thawed = it.now
      it.thaw("a")
      await Promise.all(waited)
      await it.leads("b", "a")
      await it.answers("b")
      const { reigns } = await it.verdict(t)
      t.strictSame(leadersOf(reigns), ["a", "b"])
      const ended = await it.history.since(thawed, "ends", ({ who }) => who === "a")
      t.match(ended, { reason: "lease over" })
      const later = it.history.all.slice(thawed)
      // What it had answered before may only now have left its process.
      const before = it.history.all.slice(0, thawed)
      const answered = before.map((line) => line.what === "answers" && line.request)
      t.strictSame(
        later.filter(
          (line) =>
            line.what === "replied" &&
            line.by === "a" &&
            !line.status &&
            !answered.includes(line.request ?? false),
        ),
        [],
      )
    },
  )

  t.test(
    `a leader that reads its signal before each act does nothing once it was frozen for two leases${round}`,
    async (t) => {
      const it = await fleet(t, { obeys: "reading" })
      const from = it.now
      it.freeze("a")
      const thawing = lasting(it.leaseMs * 2)
      const began = await it.begins(from)
      t.match(began, { who: "b" })
      await thawing
      it.thaw("a")
      await it.history.since(from, "ends", ({ who }) => who === "a")
      await it.leads("b", "a")
      await it.answers("b")
      const acts = it.history.all.filter(({ who, what }) => who === "a" && what === "acts")
      t.ok(acts.length > 10)
      t.strictSame(
        acts.filter(({ at }) => at >= began.at),
        [],
      )
      await it.verdict(t)
    },
  )

  t.test(
    `a leader whose handler blocks its event loop for two leases is replaced, and its answer is not sent${round}`,
    async (t) => {
      const it = await fleet(t)
      const from = it.now
      // And for as long as the other one needs, on a busy machine.
      const blockUntil = join(t.testdir({}), "replaced")
      const blocking = it.requesters.ask("blocking", false, { blockMs: it.leaseMs * 2, blockUntil })
      t.match(await it.begins(from), { who: "b" })
      writeFileSync(blockUntil, "")
      await blocking
      await it.history.since(from, "ends", ({ who }) => who === "a")
      // What excuses it: it learns last that it stood still, when its timers ring again.
      await it.history.since(from, "stalled", ({ who }) => who === "a")
      await it.leads("b", "a")
      await it.answers("b")
      await it.verdict(t)
      t.match(
        it.history.all.findLast(({ who }) => who === "blocking"),
        {
          what: "failed",
          code: "leader-changed",
        },
      )
    },
  )
}

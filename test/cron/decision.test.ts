import fc from "fast-check"
import t from "tap"
import { decide, type Missed, type Policy, type Ticks } from "../../src/cron/decision.js"

/** Ticks at each multiple of `everyMs`. */
const each = (everyMs: number): Ticks => ({
  after: (ms) => (Math.floor(ms / everyMs) + 1) * everyMs,
})

/** All that is fired until nothing is due, as one leader does it, and when it looks again. */
function fired(ticks: Ticks, policy: Policy, firedMs: number, watchedMs: number, nowMs: number) {
  const all: number[] = []
  let cursor = firedMs
  for (;;) {
    const { fire, nextMs } = decide(ticks, policy, { firedMs: cursor, watchedMs, nowMs })
    if (fire.length === 0) return { all, nextMs }
    all.push(...fire)
    cursor = fire.at(-1) as number
  }
}

t.test("a tick is fired when it is due, not before, and not again", async (t) => {
  const it = (firedMs: number, nowMs: number) =>
    decide(each(100), { missed: "skip" }, { firedMs, watchedMs: 0, nowMs })
  t.strictSame(it(0, 99), { fire: [], nextMs: 100 })
  t.strictSame(it(0, 100), { fire: [100], nextMs: undefined })
  t.strictSame(it(100, 199), { fire: [], nextMs: 200 })
})

t.test("what fell due while the reign watched is fired, each, whatever the policy", async (t) => {
  for (const missed of ["skip", "once", "all"] as const) {
    const { all, nextMs } = fired(each(100), { missed }, 1_000, 1_000, 301_000)
    t.equal(all.length, 3_000)
    t.equal(nextMs, 301_100)
  }
})

t.test("what fell due before is for the policy to say", async (t) => {
  const hour = 3_600_000
  const now = 10 * hour + 30_000
  const table: [Policy, number[]][] = [
    [{ missed: "skip" }, [10 * hour]],
    [{ missed: "skip", graceMs: 10_000 }, []],
    [{ missed: "skip", graceMs: 2 * hour }, [9 * hour, 10 * hour]],
    [{ missed: "once" }, [10 * hour]],
    [{ missed: "once", graceMs: 10_000 }, []],
    [{ missed: "all" }, [8 * hour, 9 * hour, 10 * hour]],
    [{ missed: "all", graceMs: 2 * hour }, [9 * hour, 10 * hour]],
  ]
  for (const [policy, expected] of table) {
    t.strictSame(
      fired(each(hour), policy, 7 * hour, now, now).all,
      expected,
      JSON.stringify(policy),
    )
  }
})

t.test("a clock that is set back fires nothing again", async (t) => {
  for (const missed of ["skip", "once", "all"] as const) {
    const position = { firedMs: 1_000, watchedMs: 2_000, nowMs: 500 }
    t.strictSame(decide(each(100), { missed }, position), { fire: [], nextMs: 1_100 })
  }
})

t.test("a few are decided at a time, and years of them end", async (t) => {
  const year = 365 * 24 * 3_600_000
  const position = { firedMs: 0, watchedMs: year, nowMs: year }
  t.equal(decide(each(1_000), { missed: "all" }, position).fire.length, 50)
  t.strictSame(decide(each(1_000), { missed: "once" }, position).fire, [year])
})

t.test("over any changes of leader none comes twice, and with all none is left out", async () => {
  const step = fc.record({ afterMs: fc.nat(2_000), isNewLeader: fc.boolean() })
  const policy = fc.record({
    missed: fc.constantFrom<Missed>("skip", "once", "all"),
    graceMs: fc.option(fc.nat(3_000), { nil: undefined }),
  })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 700 }),
      policy,
      fc.array(step),
      (every, policy, steps) => {
        const ticks = each(every)
        const all: number[] = []
        let [nowMs, watchedMs] = [0, 0]
        for (const { afterMs, isNewLeader } of steps) {
          nowMs += afterMs
          if (isNewLeader) watchedMs = nowMs
          all.push(...fired(ticks, policy, all.at(-1) ?? 0, watchedMs, nowMs).all)
        }
        const isInOrder = all.every((tick, at) => at === 0 || tick > (all[at - 1] as number))
        const isDue = all.every((tick) => tick <= nowMs && tick % every === 0)
        const mayLeaveOut = policy.missed !== "all" || policy.graceMs !== undefined
        const isWhole = all.length === Math.floor(nowMs / every)
        return isInOrder && isDue && (isWhole || mayLeaveOut)
      },
    ),
  )
})

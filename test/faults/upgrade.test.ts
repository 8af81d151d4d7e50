/**
 * An upgrade under way: workers of an earlier version and of this one in one pool, each under the command line of its
 * own version. Whoever leads, and however it ends, those of the other version follow.
 */
import t, { type Test } from "tap"
import { built } from "../fixtures/built.js"
import { startNode } from "../fixtures/cli.js"
import { LONG_LEASE_MS, SHORT_LEASE_MS } from "../fixtures/leases.js"
import { type Fleet, fleet } from "./fleet.js"
import { leadersOf } from "./judge.js"
import { oldVersion, withoutCommit } from "./old-version.js"
import { isAll } from "./rounds.js"

/** The last one before clusters, jobs and cron. */
const BEFORE = "12013a8"
const OLD = ["old-1", "old-2"]

const skip = isAll ? withoutCommit(BEFORE) : "in make faults: it builds another version"

t.test("versions", { skip }, async (t) => {
  const old = oldVersion(t, BEFORE)
  if ("skip" in old) return void t.skip(old.skip, () => {})
  const { cli } = old
  const commands = Object.fromEntries(OLD.map((name) => [name, cli]))
  const names = ["old-1", "new-1", "old-2", "new-2"]
  const mixed = (t: Test) => fleet(t, { names, alone: names, commands, leaseMs: LONG_LEASE_MS })

  t.test(
    "leaders are killed, stopped and ordered away, from one version to the other",
    async (t) => {
      const it = await mixed(t)
      let line = await it.followed(["new-1", "old-2", "new-2"], () => it.kill("old-1"))
      line = await upgraded(it, "old-1", line)
      line = await ended(it, line, (leader) => it.kill(leader))
      line = await upgraded(it, "new-1", line)
      line = await ended(it, line, (leader) => it.stop(leader))
      line = await ended(it, line, (leader) => it.stop(leader))
      t.equal(line.length, 2, "one of each")
      const order = async (by: string) => {
        const [leader = "", heir = ""] = line
        const args = ["hand-over", heir, "--pool", it.pool, "--servers", it.url]
        await it.followed([heir], async () => {
          const { code, err } = await startNode(t, [by, ...args]).ended()
          t.equal(code, 0, err)
        })
        line = [heir, leader]
        await it.leads(heir, leader)
      }
      for (const by of [cli, built("cli.js"), cli, built("cli.js")]) await order(by)
      await it.verdict(t)
    },
  )

  t.test("a leader stands still, and finds the other version in its place", async (t) => {
    const two = ["old-1", "new-1"]
    const it = await fleet(t, { names: two, alone: two, commands, leaseMs: SHORT_LEASE_MS })
    for (const leader of two) {
      const from = it.now
      it.freeze(leader)
      const { who } = await it.begins(from, leader)
      await it.answers(who)
      it.thaw(leader)
      await it.history.since(from, "ends", (line) => line.who === leader)
      await it.leads(who, leader)
    }
    const { reigns } = await it.verdict(t)
    t.strictSame(leadersOf(reigns), ["old-1", "new-1", "old-1"])
  })

  t.test("each sees the whole pool", async (t) => {
    const it = await mixed(t)
    const seen = async (by: string) => {
      const args = ["members", "--json", "--pool", it.pool, "--servers", it.url]
      const { out } = await startNode(t, [by, ...args]).ended()
      return (JSON.parse(out) as { name: string }[]).map(({ name }) => name)
    }
    t.strictSame((await seen(cli)).sort(), [...names].sort())
    t.strictSame((await seen(built("cli.js"))).sort(), [...names].sort())
    await it.verdict(t)
  })
})

/** Starts `name` again: it is last in line. */
async function upgraded(it: Fleet, name: string, line: readonly string[]): Promise<string[]> {
  await it.start(name)
  const all = [...line, name]
  await it.leads(...(all as [string, ...string[]]))
  return all
}

/** Ends the leader of `line` by `act`, and resolves with the line behind the next one. */
async function ended(
  it: Fleet,
  [leader = "", ...heirs]: readonly string[],
  act: (leader: string) => unknown,
): Promise<string[]> {
  const line = await it.followed(heirs, () => act(leader))
  await it.leads(...(line as [string, ...string[]]))
  return line
}

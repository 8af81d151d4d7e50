import t from "tap"
import { type Giving, handOver } from "../../src/operator/follow-order.js"
import type { PoolWatch } from "../../src/operator/pool-watch.js"
import type { Member } from "../../src/protocol/member.js"
import { claimOf } from "../fixtures/election.js"
import { member } from "../fixtures/members.js"

/** A pool whose first member leads; `silentMs` says who has missed a renewal. Nothing can be sent in it. */
function pool(members: readonly Member[], silentMs: Readonly<Record<string, number>> = {}): Giving {
  const [leader] = members as [Member]
  const watch = {
    held: { claim: claimOf(leader.id), revision: 7 },
    members,
    member: (id: string) => members.find((it) => it.id === id),
    silentMs: ({ name }: Member) => silentMs[name],
  }
  const bus = { request: () => Promise.reject(new Error("was sent")) }
  return {
    bus,
    pool: "work",
    watch: watch as unknown as PoolWatch,
    timeoutMs: 1,
  } as unknown as Giving
}

const a = member("a", { control: true })

t.test("the seat is not given up for one that is silent, and may not hear of it", async (t) => {
  const giving = pool([a, member("b"), member("c")], { c: 4200 })
  await t.rejects(
    handOver(giving, "c"),
    /a member that renews its entry, got "?c, silent for 4\.2 s/,
  )
  await t.rejects(handOver(giving, "b"), /was sent/)
})

t.test("nor for one that leaves, or that may not lead", async (t) => {
  const giving = pool([a, member("b", { state: "draining" }), member("c", { eligible: false })])
  await t.rejects(handOver(giving, "b"), /a member that stays, got "?b, who leaves/)
  await t.rejects(handOver(giving, "c"), /a member that may lead, got "?c/)
})

t.test("one that is paused may lead: it takes no simple work, and keeps its place", async (t) => {
  await t.rejects(handOver(pool([a, member("b", { state: "paused" })]), "b"), /was sent/)
})

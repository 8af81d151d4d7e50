import { jetstreamManager } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import t from "tap"
import { type Fleet, fleet } from "./fleet.js"
import { rounds } from "./rounds.js"

const BUCKET = "pool_work"

/** What people may do to the bucket by hand, and why the leader then says that its reign ended. */
const HARMS: readonly [string, (it: Fleet, kv: KV) => Promise<unknown>, string][] = [
  ["is deleted", wipe, "bucket lost"],
  ["is purged", purge, "bucket lost"],
  ["loses the claim", (_it, kv) => kv.delete("leader"), "bucket lost"],
  ["loses all of the claim", empty, "bucket lost"],
  ["gets garbage for a claim", (_it, kv) => kv.put("leader", "garbage"), "evicted"],
  ["gets the claim of a stranger", stranger, "evicted"],
]

for (const round of rounds) {
  for (const [happens, harm, reason] of HARMS) {
    t.test(
      `when the bucket ${happens} the leader stops and says why, and somebody leads after it${round}`,
      async (t) => {
        const it = await fleet(t)
        const kv = await new Kvm(it.observer).open(BUCKET)
        const from = it.now
        await harm(it, kv)
        const end = await it.history.since(from, "ends", ({ who }) => who === "a")
        t.match(end, { reason })
        const { who } = await it.begins(from)
        await it.answers(who)
        await it.verdict(t)
      },
    )
  }
}

/** A claim that can be read, by somebody who is not there. */
async function stranger(_it: Fleet, kv: KV): Promise<unknown> {
  const claim = (await kv.get("leader"))?.json<Record<string, unknown>>()
  const { term: _, ...rest } = claim ?? {}
  return kv.put("leader", JSON.stringify({ ...rest, id: "nobody", name: "nobody", nonce: "none" }))
}

async function wipe(it: Fleet): Promise<void> {
  it.history.write({ who: "bucket", what: "wiped" })
  await (await jetstreamManager(it.observer)).streams.delete(`KV_${BUCKET}`)
}

async function empty(it: Fleet, kv: KV): Promise<void> {
  it.history.write({ who: "bucket", what: "emptied" })
  await kv.purge("leader")
}

async function purge(it: Fleet): Promise<void> {
  it.history.write({ who: "bucket", what: "emptied" })
  await (await jetstreamManager(it.observer)).streams.purge(`KV_${BUCKET}`)
}

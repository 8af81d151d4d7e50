import type { MsgHdrs } from "nats"
import t from "tap"
import type { Parcel } from "../../src/backend/parcel.js"
import { PoolClient } from "../../src/client/client.js"
import { namesOf } from "../../src/protocol/names.js"
import { SimpleWork } from "../../src/work/simple-work.js"
import { TrackedWork } from "../../src/work/tracked-work.js"
import { parties } from "../fixtures/parties.js"
import { TestReign } from "../fixtures/reign.js"

const REQUESTS = 1_000
const PAYLOAD = "x".repeat(128)

/**
 * What 1,000 requests may cost on the wire: messages, and their headers and payloads in bytes, both ways, that of subjects left
 * out; and how often anything is subscribed to and a timer is set meanwhile, with all of them under way at once. Whoever makes
 * it cheaper writes that down here; who makes it dearer says why.
 */
const FIGURES = {
  work: { messages: 2_000, bytes: 301_000, subscriptions: 1, timers: 1 },
  leaderWork: { messages: 2_000, bytes: 368_893, subscriptions: 2, timers: 1 },
}

function sizeOf({ data, headers }: Parcel): number {
  const encodable = headers as (MsgHdrs & { encode(): Uint8Array }) | undefined
  return data.length + (encodable?.encode().length ?? 0)
}

for (const kind of ["work", "leaderWork"] as const) {
  t.test(`${kind}: a request is two messages, and a place in a table`, async (t) => {
    const cost = { messages: 0, bytes: 0, subscriptions: 0, timers: 0 }
    const { clock, asker, join } = parties({
      deliver(_from, _to, parcel) {
        cost.messages += 1
        cost.bytes += sizeOf(parcel)
        return 0
      },
    })
    const member = { id: "A1", name: "a" }
    const names = namesOf("work")
    const shared = { bus: join(), member, clock, handler: (job: { data: Uint8Array }) => job.data }
    const simple = new SimpleWork({ ...shared, subject: names.work, concurrency: REQUESTS })
    simple.open()
    const tracked = new TrackedWork({ ...shared, names })
    tracked.open()
    tracked.begin(new TestReign(clock, 7))

    const { subscribe } = asker
    asker.subscribe = (...how) => {
      cost.subscriptions += 1
      return subscribe.apply(asker, how)
    }
    const counted = {
      now: () => clock.now(),
      after(ms: number, wake: () => void) {
        cost.timers += 1
        return clock.after(ms, wake)
      },
    }
    const client = new PoolClient({ bus: asker, clock: counted })
    await Promise.all(Array.from({ length: REQUESTS }, () => client[kind](PAYLOAD)))
    t.strictSame(cost, FIGURES[kind])
    await client.close()
    await simple.stop(0)
    tracked.lapse()
  })
}

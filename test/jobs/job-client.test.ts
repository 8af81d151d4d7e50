import t from "tap"
import type { Bus } from "../../src/contracts/bus.js"
import { RequestTimeout } from "../../src/errors/errors.js"
import type { JobStore, ToStore } from "../../src/jobs/contract/job-store.js"
import { JobClient } from "../../src/jobs/job-client.js"
import { NoAnswer } from "../../src/time/within.js"
import { ManualClock } from "../fixtures/manual-clock.js"

/** A client whose store doesn't answer the first tries, which wait for as long as they may. */
function stage(unanswered: number) {
  const clock = new ManualClock()
  const tries: ToStore[] = []
  const store = {
    maxPayload: undefined,
    store: (message: ToStore) => {
      tries.push(message)
      const { timeoutMs = 0 } = message
      if (tries.length > unanswered) return Promise.resolve({ seq: 1 })
      return new Promise((_, reject) =>
        clock.after(timeoutMs, () => reject(new NoAnswer(timeoutMs))),
      )
    },
  } as unknown as JobStore
  const bus = { subscribe: () => ({ unsubscribe: () => {} }) } as unknown as Bus
  return { clock, tries, client: new JobClient({ pool: "work", store, bus, clock }) }
}

t.test(
  "a job whose acknowledgement is lost is sent again, long before its time is over",
  async (t) => {
    const { clock, tries, client } = stage(2)
    const enqueued = client.enqueue("send", 1, { timeoutMs: 60_000 })
    await clock.pass(10_000)
    t.match(await enqueued, { already: false })
    t.equal(tries.length, 3)
    t.equal(new Set(tries.map(({ id }) => id)).size, 1, "under one id, so that it is stored once")
  },
)

t.test("an enqueue that nobody answers ends in time", async (t) => {
  const { clock, client } = stage(Number.POSITIVE_INFINITY)
  const enqueued = client.enqueue("send", 1, { timeoutMs: 5_000 }).catch((error) => error)
  await clock.pass(6_000)
  t.ok((await enqueued) instanceof RequestTimeout)
  t.equal(clock.alarms, 0)
})

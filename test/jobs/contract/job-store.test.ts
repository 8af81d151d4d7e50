import { headers } from "nats"
import type { Test } from "tap"
import t from "tap"
import { jobNamesOf } from "../../../src/jobs/contract/job-names.js"
import type {
  Delivery,
  JobStore,
  SourceOptions,
  ToStore,
} from "../../../src/jobs/contract/job-store.js"
import { Events } from "../../fixtures/events.js"
import { withStores } from "../../fixtures/jobs.js"
import { until } from "../../fixtures/until.js"

const names = jobNamesOf("work")

function message(key: string, over: Partial<ToStore> = {}): ToStore {
  const subject = names.subject("job", "send", 0, key)
  return { stream: "jobs", subject, data: Buffer.from(key), headers: headers(), id: key, ...over }
}

/** A worker's way to jobs of the queue `send`, and what has come. */
async function taker(t: Test, store: JobStore, over: Partial<SourceOptions> = {}) {
  const taken = new Events<Delivery>()
  const source = await store.source({
    ...{ queue: "send", priority: 0, heard: taken.note },
    told: () => {},
    ...over,
  })
  t.teardown(() => source.close())
  return { source, taken, keys: () => taken.all.map(({ data }) => Buffer.from(data).toString()) }
}

withStores(t, "what is stored is handed out in order, as many as are wanted", async (t, store) => {
  for (const key of ["a", "b", "c"]) await store.store(message(key))
  const { source, taken, keys } = await taker(t, store)
  source.want(2)
  await taken.until((all) => all.length === 2)
  t.strictSame(keys(), ["a", "b"])
  t.match(await store.counts(), [{ queue: "send", waiting: 1, running: 2, isServed: true }])
  source.want(1)
  await taken.until((all) => all.length === 3)
  for (const { ticket } of taken.all) store.settle(ticket, "done")
  await until("nothing is left", async () => (await store.counts())[0]?.running === 0)
  t.equal(await store.last("jobs", "work.job.>"), undefined)
})

withStores(t, "a look gets what is ready now, and ends when that is all", async (t, store) => {
  const { source, taken, keys } = await taker(t, store)
  await source.look(5)
  t.equal(taken.all.length, 0)
  for (const key of ["a", "b", "c"]) await store.store(message(key))
  await source.look(2)
  t.strictSame(keys(), ["a", "b"])
  await source.look(5)
  t.strictSame(keys(), ["a", "b", "c"])
  t.equal(source.asked, 0)
  const { pending } = taken.all[0] as Delivery
  // The consumer may not have seen yet what the stream has.
  t.ok(pending <= 2, "it says how many more there were, as far as that is known")
})

withStores(t, "a look at a queue whose limit is reached ends all the same", async (t, store) => {
  const { source, taken } = await taker(t, store, { limit: 1 })
  for (const key of ["a", "b"]) await store.store(message(key))
  await source.look(2)
  t.equal(taken.all.length, 1)
  await source.look(2)
  store.settle((taken.all[0] as Delivery).ticket, "done")
  source.want(1)
  await taken.until((all) => all.length === 2)
})

withStores(t, "two of one id are one", async (t, store) => {
  const first = await store.store(message("a"))
  t.strictSame((await store.store(message("a", { data: Buffer.from("again") }))).seq, first.seq)
})

withStores(t, "what is given back goes to another, by whoever has its ticket", async (t, store) => {
  const [one, other] = [await taker(t, store), await taker(t, store)]
  one.source.want(1)
  await store.store(message("a"))
  const { ticket } = await one.taken.one(() => true)
  other.source.want(1)
  store.settle(ticket, "back")
  const again = await other.taken.one(() => true)
  t.equal(again.deliveries, 2)
  store.settle(again.ticket, "done")
  store.settle(ticket, "back")
  await store.store(message("b"))
  one.source.want(1)
  await one.taken.until((all) => all.length === 2)
  t.strictSame(one.keys(), ["a", "b"], "what was done does not come back")
})

withStores(t, "what is done is confirmed, also when it is said again", async (t, store) => {
  const { source, taken } = await taker(t, store)
  source.want(1)
  await store.store(message("a"))
  const { ticket, seq } = await taken.one(() => true)
  await store.confirm(ticket)
  t.equal(await store.at("jobs", seq), undefined)
  await store.confirm(ticket)
})

withStores(
  t,
  "a lease that runs out gives a job to another, a renewal keeps it",
  async (t, store) => {
    const lease = { leaseMs: 1_000 }
    const [one, other] = [await taker(t, store, lease), await taker(t, store)]
    t.equal(other.source.leaseMs, 1_000, "who says nothing takes it as it is")
    one.source.want(1)
    await store.store(message("a"))
    const { ticket } = await one.taken.one(() => true)
    await store.renew(ticket)
    other.source.want(1)
    t.match(await other.taken.one(() => true), { deliveries: 2 })
  },
)

withStores(t, "what is unique is refused while another of its key lies there", async (t, store) => {
  const unique = { unlessAt: names.anywhere("send", "ann") }
  const { source, taken } = await taker(t, store)
  await store.store(message("ann", { id: "one", ...unique }))
  await t.rejects(store.store(message("ann", { id: "two", ...unique })), { name: "AlreadyThere" })
  source.want(1)
  const { ticket } = await taken.one(() => true)
  await t.rejects(store.store(message("ann", { id: "three", ...unique })), "while it runs")
  store.settle(ticket, "done")
  await until("it is free again", () =>
    store.store(message("ann", { id: "four", ...unique })).then(
      () => true,
      () => false,
    ),
  )
})

withStores(t, "what is delayed comes when it is due", async (t, store) => {
  const { source, taken } = await taker(t, store)
  source.want(1)
  const atMs = store.nowMs() + 600
  const later = names.subject("later", "send", 0, "a")
  await store.store(message("a", { due: { atMs, until: later } }))
  if (store.abilities.hasSchedules) {
    t.match(await store.counts(), [{ queue: "send", waiting: 0, delayed: 1 }])
  }
  const delivery = await taken.one(() => true)
  t.equal(delivery.subject, names.subject("job", "send", 0, "a"))
  if (store.abilities.hasSchedules) t.ok(store.nowMs() >= atMs)
  t.equal(await store.last("jobs", later), undefined)
})

withStores(t, "what is removed does not come, and what was is gone", async (t, store) => {
  const { seq } = await store.store(message("a"))
  t.match(await store.at("jobs", seq), { subject: names.subject("job", "send", 0, "a") })
  t.equal(await store.remove("jobs", seq), true)
  t.equal(await store.remove("jobs", seq), false)
  t.equal(await store.at("jobs", seq), undefined)
  const { source, taken, keys } = await taker(t, store)
  source.want(1)
  await store.store(message("b"))
  await taken.one(() => true)
  t.strictSame(keys(), ["b"])
})

withStores(t, "a source that is closed gets no more", async (t, store) => {
  const [one, other] = [await taker(t, store), await taker(t, store)]
  one.source.want(5)
  await store.store(message("a"))
  await one.taken.one(() => true)
  await one.source.close()
  await store.store(message("b"))
  other.source.want(1)
  await other.taken.one(() => true)
  t.strictSame([one.keys(), other.keys()], [["a"], ["b"]])
})

withStores(t, "no more run at once than the queue's limit", async (t, store) => {
  const { source, taken } = await taker(t, store, { limit: 2 })
  source.want(10)
  for (const key of ["a", "b", "c", "d"]) await store.store(message(key))
  await taken.until((all) => all.length === 2)
  t.match(await store.counts(), [{ waiting: 2, running: 2 }])
  store.settle((taken.all[0] as Delivery).ticket, "done")
  await taken.until((all) => all.length === 3)
  t.match(await store.counts(), [{ waiting: 1, running: 2 }])
})

withStores(t, "a queue that nobody serves is counted, and dead jobs are", async (t, store) => {
  await store.store(message("a", { subject: names.subject("job", "other", 0, "a") }))
  const dead = names.subject("dead", "send", 0, "b")
  await store.store(message("b", { stream: "dead", subject: dead }))
  t.match(await store.counts(), [
    { queue: "other", waiting: 1, isServed: false },
    { queue: "send", waiting: 0, dead: 1, isServed: false },
  ])
  t.match(await store.list("dead", "work.dead.>", 10), [{ subject: dead }])
})

withStores(
  t,
  "what nobody takes is counted where its queue is served otherwise",
  async (t, store) => {
    await taker(t, store)
    await store.store(message("a", { subject: names.subject("job", "send", 2, "a") }))
    t.match(await store.counts(), [{ queue: "send", waiting: 1 }])
  },
)

withStores(t, "a paused queue hands out nothing until it goes on", async (t, store) => {
  t.equal(await pauses(store, "nobody", 1_000_000), store.abilities.canPause ? false : "too old")
  if (!store.abilities.canPause) return
  const { source, taken } = await taker(t, store)
  source.want(1)
  t.equal(await store.pause("send", store.nowMs() + 1_000_000), true)
  await store.store(message("a"))
  t.match(await store.counts(), [{ queue: "send", waiting: 1, pausedUntilMs: Number }])
  await store.pause("send", 0)
  await taken.one(() => true)
  t.notOk((await store.counts())[0]?.pausedUntilMs)
})

withStores(t, "it is known since when a job waits, and how many have ended", async (t, store) => {
  const counts = async (queue: string) =>
    (await store.counts()).find((counts) => counts.queue === queue)
  await store.store(message("a", { subject: names.subject("job", "other", 0, "a") }))
  const { source, taken } = await taker(t, store)
  await store.store(message("b"))
  const before = (await counts("send"))?.oldestMs ?? 0
  t.ok(before > 0)
  t.ok(((await counts("other"))?.oldestMs ?? 0) > 0, "nobody serves it")
  await until("a millisecond has passed", async () => Math.floor(store.nowMs()) > before)
  await store.store(message("c"))
  source.want(1)
  const { ticket } = await taken.one(() => true)
  await until("the next one is the oldest", async () => {
    return ((await counts("send"))?.oldestMs ?? 0) > before
  })
  t.match(await counts("send"), { waiting: 1, running: 1, ended: 0 })
  store.settle(ticket, "back")
  source.want(2)
  await taken.until((all) => all.length === 3)
  t.match(await counts("send"), { ended: 1, oldestMs: undefined })
  for (const { ticket } of taken.all) store.settle(ticket, "done")
  await until("all have ended", async () => (await counts("send"))?.ended === 3)
})

withStores(t, "the newest are found behind what was removed", async (t, store) => {
  t.strictSame(await store.newest("dead", 3), [])
  const seqs: number[] = []
  for (let n = 1; n <= 50; n += 1) {
    const subject = names.subject("dead", "send", 0, `d${n}`)
    const { seq } = await store.store(message(`d${n}`, { stream: "dead", subject }))
    seqs.push(seq)
  }
  const keys = async (limit: number) =>
    (await store.newest("dead", limit)).map(({ data }) => Buffer.from(data).toString())
  t.strictSame(await keys(3), ["d50", "d49", "d48"])
  for (const seq of seqs.slice(8, -2)) await store.remove("dead", seq)
  t.strictSame(await keys(5), ["d50", "d49", "d8", "d7", "d6"])
  for (const seq of seqs.slice(-2)) await store.remove("dead", seq)
  const far = await keys(3)
  t.equal(far.length, 3)
  t.strictSame((await keys(60)).length, 8, "no more than there are")
})

async function pauses(store: JobStore, queue: string, forMs: number): Promise<unknown> {
  return store.pause(queue, store.nowMs() + forMs).catch((error) => {
    return /2.11 or later/.test(error.message) ? "too old" : error
  })
}

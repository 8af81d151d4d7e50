import t from "tap"
import { LocalPools } from "../../src/backend/local-pools.js"
import { Troubles } from "../../src/contracts/troubles.js"
import { askLeader } from "../../src/cron/cron-news.js"
import { ReignCron } from "../../src/cron/reign-cron.js"
import type { JobStore } from "../../src/jobs/contract/job-store.js"
import { MemoryJobs } from "../../src/jobs/store/memory-jobs.js"
import type { Leadership } from "../../src/lease/leadership.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"

t.test("a reign that has just begun answers what it fires once it has read that", async (t) => {
  const clock = new ManualClock()
  const bus = new LocalPools({ clock }).connect()
  const store: JobStore = new MemoryJobs({ pool: "work", clock, maxPayload: 1024 })
  let read = () => {}
  const reading = new Promise<void>((resolve) => {
    read = resolve
  })
  store.list = async () => {
    await reading
    return []
  }
  const signal = new AbortController().signal
  const cron = new ReignCron({
    ...{ pool: "work", definitions: new Map([["a", { at: "@yearly", job: "report" }]]) },
    ...{ openStore: async () => store, bus, clock, troubles: new Troubles(clock), by: "me" },
    leadership: { term: 1, signal, isLeading: () => true } as Leadership,
  })
  t.teardown(() => cron.stop())
  const run = cron.run()
  await settled()
  let isAnswered = false
  const answer = askLeader(bus, "work", false).then((list) => {
    isAnswered = true
    return list
  })
  await settled()
  t.notOk(isAnswered)
  read()
  await run
  t.match(await answer, { by: "me", crons: [{ name: "a", at: "@yearly" }] })
})

/** Many at once, inside this process: what is put to the test here is the pool, not its processes. */
import { connect } from "nats"
import t, { type Test } from "tap"
import { findKvBucket } from "../../src/jetstream/kv-bucket.js"
import { membersIn } from "../../src/protocol/entries.js"
import { CLAIM_KEY } from "../../src/protocol/names.js"
import { type JoinOptions, joinPool } from "../../src/worker/worker.js"
import { tempFolder } from "../fixtures/folder.js"
import { LONG_LEASE_MS } from "../fixtures/leases.js"
import { testServer } from "../fixtures/server.js"
import { fleet } from "./fleet.js"
import { History, sharedMs } from "./history.js"
import { judge } from "./judge.js"
import { observe } from "./observer.js"
import { isAll, rounds } from "./rounds.js"

/** All in this one process, which two hundred keep busy for a while. */
const MEMBERS = isAll ? 200 : 50
const CONNECTIONS = 10
const WITHIN_MS = 1_000

for (const round of rounds) {
  t.test(
    `of ${MEMBERS} members that join within a second one leads, and when all have left nothing is left${round}`,
    async (t) => {
      const server = await testServer(t)
      const history = historyOf(t)
      const observer = await observe(server.url, "work", history)
      const connections = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => connect({ servers: server.url })),
      )
      t.teardown(() => Promise.all([...connections, observer].map((each) => each.close())))
      const began = sharedMs()
      const workers = await Promise.all(
        Array.from({ length: MEMBERS }, async (_, n) => {
          const connection = connections[n % CONNECTIONS]
          await new Promise((resolve) => setTimeout(resolve, (n * WITHIN_MS) / MEMBERS))
          return joinPool({
            name: `m${n}`,
            ...witness(`m${n}`, history),
            connection,
          } as JoinOptions)
        }),
      )
      t.comment(`${MEMBERS} had joined after ${(sharedMs() - began).toFixed(0)} ms`)
      await history.since(0, "claimed", ({ heirs }) => heirs.length === 8)
      const leaving = sharedMs()
      await Promise.all(
        workers.map(async (worker, n) => {
          await new Promise((resolve) => setTimeout(resolve, (n * WITHIN_MS) / MEMBERS))
          await worker.leave()
        }),
      )
      t.comment(`and left after ${(sharedMs() - leaving).toFixed(0)} ms`)
      await observer.flush()
      history.read()
      const { breaches, reigns } = judge(history.all)
      t.strictSame(breaches.slice(0, 10), [])
      t.comment(reigns.map(({ who, term }) => `${who}@${term}`).join(" "))
      const bucket = await findKvBucket(observer, "pool_work")
      t.strictSame(membersIn((await bucket?.entries()) ?? []), [])
      const claim = JSON.parse(Buffer.from((await bucket?.get(CLAIM_KEY))?.value ?? "").toString())
      t.match(claim, { released: { reason: "stopping" } })
    },
  )

  t.test(
    `two pools whose members have the same names each have a leader, and neither heeds the other${round}`,
    async (t) => {
      const server = await testServer(t)
      const names = ["a", "b"]
      const work = await fleet(t, { leaseMs: LONG_LEASE_MS, server, names })
      const mail = await fleet(t, { leaseMs: LONG_LEASE_MS, server, names, pool: "mail" })
      const from = work.now
      work.kill("a")
      t.match(await work.begins(from), { who: "b" })
      await work.answers("b")
      await mail.answers("a")
      t.equal((await work.verdict(t)).reigns.length, 2)
      const { reigns, unknown } = await mail.verdict(t)
      t.equal(reigns.length, 1)
      t.equal(unknown, 0)
    },
  )
}

function historyOf(t: Test): History {
  const history = new History(`${tempFolder(t)}/history`)
  t.teardown(() => history.close())
  return history
}

/** What `witness.js` does, for a member in this process. */
function witness(who: string, history: History): JoinOptions {
  return {
    async lead({ term, signal, isLeading }) {
      history.write({ who, what: "begins", term })
      const end = () => history.write({ who, what: "ends", term, reason: signal.reason.reason })
      if (signal.aborted) end()
      else signal.addEventListener("abort", end)
      for (;;) {
        const at = sharedMs()
        if (!isLeading()) return
        history.write({ at, who, what: "acts", term })
        await new Promise((resolve) => setTimeout(resolve, isAll ? 1 : 2))
      }
    },
  }
}

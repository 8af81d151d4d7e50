/** A process may be client and worker at once: what becomes of the client's connection costs its worker nothing. */
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import type { Leadership } from "../../src/lease/leadership.js"
import type { Job } from "../../src/work/job.js"
import { TcpProxy } from "../faults/proxy.js"
import { Events } from "../fixtures/events.js"
import { SHORT_LEASE_MS } from "../fixtures/leases.js"
import { testPool } from "../fixtures/pool.js"

const REQUESTS = 20
/** So many renewals pass, each heard by two workers, while the client has no connection: two leases. */
const RENEWALS_HEARD = 16

t.test(
  "who is client and worker at once goes on leading while its client is cut off, and after that",
  async (t) => {
    const pool = await testPool(t)
    const network = await TcpProxy.before(pool.server.port)
    t.teardown(() => network.close())
    const heard = new Events<number>()
    let letGo = () => {}
    const done = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const leaderWork = async (job: Job, { term }: Leadership) => {
      heard.note(term)
      await done
      return job.text()
    }
    const options = { leaseMs: SHORT_LEASE_MS, leaderGraceMs: 0, leaderWork }
    const first = await pool.join("a", options)
    const firstTerm = await pool.leads("a")
    await pool.join("b", options)
    await pool.heirsAre("b")
    const client = await PoolClient.connect({ servers: network.url })
    t.teardown(() => client.close())
    const all = Array.from({ length: REQUESTS }, (_, n) => String(n))
    const ask = (text: string) => client.leaderWork(text, { idempotent: true, timeoutMs: 60_000 })
    const asked = all.map(ask)
    const heardBy = (term: number) =>
      heard.until((of) => of.filter((it) => it === term).length >= REQUESTS)
    await heardBy(firstTerm)
    await first.handOver()
    const term = await pool.leads("b")
    await heardBy(term)
    network.cut()
    const later = all.map(ask)
    const before = pool.claims.all.length
    await pool.claims.until((claims) => claims.length > before + RENEWALS_HEARD)
    network.heal()
    letGo()
    const answers = await Promise.all([...asked, ...later])
    t.strictSame(
      answers.map((answer) => [answer.text(), answer.term]),
      [...all, ...all].map((text) => [text, term]),
    )
    t.strictSame(
      pool.reigns.all.map(({ name, term }) => [name, term]),
      [
        ["a", firstTerm],
        ["a", undefined],
        ["b", term],
      ],
      "and nobody else has led",
    )
  },
)

import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { connect } from "nats"
import t from "tap"
import { HistoryWriter, readHistory } from "../../src/history/history-stream.js"
import type { HistoryRecord } from "../../src/history/records.js"
import type { Leadership } from "../../src/lease/leadership.js"
import { namesOf } from "../../src/protocol/names.js"
import { joinPool } from "../../src/worker/worker.js"
import { built } from "../fixtures/built.js"
import { testGroup } from "../fixtures/crew.js"
import { Events } from "../fixtures/events.js"
import { LONG_LEASE_MS } from "../fixtures/leases.js"
import { testServer } from "../fixtures/server.js"

const began = (name: string, term: number, before?: object): HistoryRecord =>
  ({ type: "began", id: `id-${name}`, name, term, why: "so", ...(before && { before }) }) as never

t.test(
  "the stream is made by the first who writes, keeps the order, and is read from its end",
  async (t) => {
    const { url } = await testServer(t)
    const nc = await connect({ servers: url })
    t.teardown(() => nc.close())
    const names = namesOf("work")
    t.strictSame(await readHistory(nc, names, 10), [])
    const history = new HistoryWriter(nc, names, 1)
    await Promise.all([1, 2, 3, 4, 5].map((term) => history.write(began("a", term))))
    const read = await readHistory(nc, names, 3)
    t.strictSame(
      read.map(({ record }) => record.term),
      [3, 4, 5],
    )
    const [last] = read
    t.ok(Math.abs((last?.storedMs ?? 0) - Date.now()) < 60_000)
  },
)

t.test("a record whose answer was lost is stored, once", async (t) => {
  const { url } = await testServer(t)
  const nc = await connect({ servers: url })
  t.teardown(() => nc.close())
  const names = namesOf("work")
  const history = new HistoryWriter(nc, names, 1)
  await history.write(began("a", 1))
  const ask = nc.request.bind(nc)
  let lost = 0
  nc.request = async (...question) => {
    const answer = await ask(...question)
    lost += 1
    if (lost <= 2) throw new Error("connection disconnected")
    return answer
  }
  await Promise.all([2, 3].map((term) => history.write(began("b", term))))
  const read = await readHistory(nc, names, 10)
  t.strictSame(
    read.map(({ record }) => record.term),
    [1, 2, 3],
  )
})

t.test("who leaves as soon as it leads has told all of its reign when it is gone", async (t) => {
  const { url } = await testServer(t)
  const nc = await connect({ servers: url })
  t.teardown(() => nc.close())
  const problems: string[] = []
  const report = (problem: string, error?: unknown) => problems.push(`${problem} ${error ?? ""}`)
  // The history of each pool is made first, while its only member leaves.
  for (const pool of ["own", "given"]) {
    const connecting = pool === "own" ? { connect: { servers: url } } : { connection: nc }
    const reigns = new Events<Leadership | undefined>()
    const worker = await joinPool({ ...connecting, pool, onReign: reigns.note, report })
    await reigns.one((leadership) => leadership !== undefined)
    await worker.leave()
    const told = (await readHistory(nc, namesOf(pool), 10)).map(({ record }) => record)
    t.match(told, [{ type: "began" }, { type: "ended", reason: "stopping" }], pool)
  }
  t.strictSame(problems, [])
})

t.test("a supervisor that ends has told of the reign that it saw die", async (t) => {
  const { group, start, leads, worker, server } = await testGroup(t)
  await start("a")
  await leads("a")
  process.kill(worker("a").pid, "SIGKILL")
  await group.supervisor.gone(worker("a").pid)
  await group.disband()
  const nc = await connect({ servers: server.url })
  t.teardown(() => nc.close())
  const told = await readHistory(nc, namesOf("work"), 10)
  t.match(told.at(-1), { record: { type: "ended", name: "a", reason: "killed" } })
})

t.test("pool history shows what real workers told", async (t) => {
  const { group, start, leads, worker, server } = await testGroup(t)
  await start("a", "b")
  await leads("a", "b")
  process.kill(worker("a").pid, "SIGKILL")
  await leads("b")
  await group.supervisor.stop(worker("b").pid, 20_000)
  const run = async (...more: string[]) => {
    const args = [built("cli.js"), "history", "--servers", server.url, ...more]
    return (await promisify(execFile)(process.execPath, args)).stdout
  }
  const rows = JSON.parse(await run("--json"))
  t.match(rows, [
    { name: "a", ended: "killed", began: "nobody was known to lead" },
    { name: "b", ended: "stopping", began: "a: killed" },
  ])
  t.ok(rows[1].gapMs < LONG_LEASE_MS / 10, `a gap of ${rows[1].gapMs} ms`)
  t.match(await run(), /^TERM +LEADER +FROM +LED +BEGAN +ENDED +GAP\n/)
  t.match(await run("--limit", "1"), /b .* a: killed +stopping/)
})

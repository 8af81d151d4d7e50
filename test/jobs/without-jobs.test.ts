/** Who uses no jobs pays nothing for them. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "nats"
import t from "tap"
import { built } from "../fixtures/built.js"
import { startNode } from "../fixtures/cli.js"
import { tempFolder } from "../fixtures/folder.js"
import { testServer } from "../fixtures/server.js"

/** Joins, is asked for work, and leaves. */
const PROGRAM = `
const { joinPool, PoolClient } = await import(process.argv[2])
const connect = { servers: process.argv[3] }
const worker = await joinPool({ name: "a", connect, work: (job) => job.text() })
const client = await PoolClient.connect({ connect })
await client.work("x")
await client.close()
await worker.leave()
`

t.test("a pool without jobs makes no stream of them, and loads nothing", async (t) => {
  const server = await testServer(t)
  const [folder, reports] = [tempFolder(t), tempFolder(t)]
  const file = join(folder, "program.mjs")
  writeFileSync(file, PROGRAM)
  const args = [file, built("index.js"), server.url]
  // Node itself tells of what it ran, when a process ends.
  const program = startNode(t, args, { env: { NODE_V8_COVERAGE: reports } })
  const { code, err } = await program.ended()
  t.equal(code, 0, err)
  const loaded = readdirSync(reports).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(reports, name), "utf8"))
    return (result as { url: string }[]).map(({ url }) => url)
  })
  t.ok(loaded.some((url) => url.endsWith("/dist/worker/worker.js")))
  const theirs = /\/dist\/(jobs\/(worker|store)\/|jobs\/job-(client|finder)|cron\/)|\/croner\//
  t.strictSame(
    loaded.filter((url) => theirs.test(url)),
    [],
  )
  const connection = await connect({ servers: server.url })
  t.teardown(() => connection.close())
  const { streams } = await jetstreamManager(connection)
  const names: string[] = []
  for await (const { config } of streams.list()) names.push(config.name)
  t.ok(names.includes("KV_pool_work"))
  t.notMatch(names.join(), /_jobs|_dead/)
})

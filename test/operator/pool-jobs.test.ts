/** Who only looks at jobs makes, adjusts and enqueues nothing, whatever there is and whatever is missing. */
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "nats"
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { JobWatch } from "../../src/dashboard/job-watch.js"
import { examine } from "../../src/doctor/doctor.js"
import { runPool } from "../fixtures/cli.js"
import { Events } from "../fixtures/events.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { testPool } from "../fixtures/pool.js"
import { recordWrites } from "../fixtures/wire.js"

/** All that the server holds of jobs: each stream with its settings and how much lies in it, each consumer. */
async function holdings(t: Test, servers: string) {
  const connection = await connect({ servers })
  t.teardown(() => connection.close())
  const { streams, consumers } = await jetstreamManager(connection)
  return async () => {
    const held: unknown[] = []
    for await (const { config, state } of streams.list()) {
      if (!/_(jobs|dead)$/.test(config.name)) continue
      held.push({ config, state })
      for await (const info of consumers.list(config.name)) held.push(info.config)
    }
    return held
  }
}

/** Looks in each way in which people do; resolves with what was asked of the server about jobs, by this process. */
async function look(t: Test, servers: string): Promise<string[]> {
  const connection = await connect({ servers })
  const writes = recordWrites(t)
  const looks = new Events<object>()
  const watch = new JobWatch(connection, "work", looks.note, new ManualClock())
  watch.show(true)
  await looks.one(() => true)
  watch.show(false)
  const asked = { connection, pool: "work", role: "observer", leaseMs: 2_000 } as const
  for await (const finding of examine(asked)) t.comment(`${finding.what}: ${finding.says}`)
  await connection.close()
  for (const command of ["jobs", "cron list", "doctor --role observer"]) {
    const { err } = await runPool(t, [...command.split(" "), "--servers", servers])
    t.notMatch(err, /refused|permitted/, command)
  }
  const sent = writes.flatMap(({ commands }) => commands.filter((one) => one.includes("PUB")))
  const about = sent.filter((one) => /POOL_work_(jobs|dead)|PUB work\./.test(one))
  return [...new Set(about)].toSorted()
}

t.test("of a pool without jobs there are none afterwards either", async (t) => {
  const pool = await testPool(t)
  const held = await holdings(t, pool.server.url)
  t.strictSame(await look(t, pool.server.url), ["PUB $JS.API.STREAM.INFO.POOL_work_jobs"])
  t.strictSame(await held(), [])
})

t.test("what is missing stays so, and what another version made stays as it is", async (t) => {
  const pool = await testPool(t)
  const client = await PoolClient.connect({ servers: pool.server.url })
  t.teardown(() => client.close())
  await client.enqueueMany("nobody", ["x", "y"])
  await client.enqueue("nobody", "z", { delayMs: 3_600_000 })
  const connection = await connect({ servers: pool.server.url })
  t.teardown(() => connection.close())
  const { streams } = await jetstreamManager(connection)
  await streams.update("POOL_work_jobs", { allow_direct: false, description: "of another version" })
  await streams.delete("POOL_work_dead")
  const held = await holdings(t, pool.server.url)
  const before = await held()
  const asked = await look(t, pool.server.url)
  t.strictSame(await held(), before)
  const isLook =
    /^H?PUB (\$JS\.API\.(STREAM\.(INFO|MSG\.GET)|CONSUMER\.LIST)\.|work\.(running|cron)$)/
  t.strictSame(
    asked.filter((one) => !isLook.test(one)),
    [],
  )
  t.ok(asked.length >= 4, asked.join(", "))
})

/**
 * Jobs on three clustered servers while workers are killed, servers are killed or restarted, and the leaders of streams and
 * consumers move. What was stored is done; what was done runs again only where its acknowledgement may have been lost.
 */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { LEASE_OF_REPLICAS_MS } from "../../src/jobs/contract/job-limits.js"
import { consumerOf, jobNamesOf } from "../../src/jobs/contract/job-names.js"
import { JetStreamJobs } from "../../src/jobs/store/jetstream-jobs.js"
import type { ServerCluster } from "../../src/server-cluster/server-cluster.js"
import { skipsClusters, testServers } from "../fixtures/servers.js"
import { until } from "../fixtures/until.js"
import { type CrewOptions, type JobLine, JobsCrew } from "./jobs-crew.js"
import { isAll, rounds } from "./rounds.js"

const skip = await skipsClusters()
const MOVES = 20
const TAKES_MS = 100
/** Long, but not as long as a result is waited for: what is given back may be handed to one whose death no server knows of yet. */
const LONG_LEASE_MS = 30_000
const { jobsStream: STREAM } = jobNamesOf("work")
const CONSUMER = consumerOf("send", 0)

/** Workers a, b and c on these servers, and what these say of streams and consumers. */
async function crewOn(
  t: Test,
  { urls }: ServerCluster,
  options: CrewOptions = { leaseMs: "usual" },
): Promise<{ it: JobsCrew; manager: JetStreamManager }> {
  const it = await JobsCrew.on(t, urls.join(), {
    ...{ flags: ["--replicas", "3", "--wait", "30s"] },
    ...options,
  })
  await it.start("a", "b", "c")
  return { it, manager: await jetstreamManager(it.connection, { checkAPI: false, timeout: 1000 }) }
}

/** The name of the server that leads the stream of jobs, or the consumer of those that the crew does; undefined if none does. */
async function leaderOf(
  { streams, consumers }: JetStreamManager,
  what: "stream" | "consumer",
): Promise<string | undefined> {
  try {
    const info = what === "stream" ? streams.info(STREAM) : consumers.info(STREAM, CONSUMER)
    return (await info).cluster?.leader
  } catch {
    return undefined
  }
}

function led(manager: JetStreamManager, what: "stream" | "consumer", not?: string): Promise<void> {
  return until(`another server leads the ${what}`, async () => {
    const leader = await leaderOf(manager, what)
    return leader !== undefined && leader !== not
  })
}

t.test(
  "jobs lie on all replicas, and those of a worker that is killed go on elsewhere at once",
  { skip },
  async (t) => {
    const cluster = await testServers(t)
    const { it, manager } = await crewOn(t, cluster, { leaseMs: LONG_LEASE_MS })
    for await (const { config } of manager.streams.list()) {
      t.equal(config.num_replicas, 3, config.name)
    }
    const store = await JetStreamJobs.open({ connection: it.connection, pool: "work" })
    const source = await store.source({
      ...{ queue: "other", priority: 0, heard: () => {}, told: () => {} },
    })
    t.equal(source.leaseMs, LEASE_OF_REPLICAS_MS)
    await source.close()

    // What is on its way to one that is killed comes back when its lease is over, so all have begun.
    const jobs = await it.enqueue(8, 4_000)
    const begun = () => it.lines.filter(({ what }) => what === "begins")
    await until("all run", () => begun().length === jobs.length)
    const first = begun()[0] as JobLine
    it.kill(first.pid)
    const { again } = await it.verdict(t)
    t.ok(again > 0)
    const [killedMs = 0] = it.lines.flatMap(({ what, at }) => (what === "killed" ? [at] : []))
    const { at: againMs } = await it.line(
      "it begins elsewhere",
      ({ what, id, who }) => what === "begins" && id === first.id && who !== first.who,
    )
    t.comment(`begins elsewhere ${(againMs - killedMs).toFixed(0)} ms after the kill`)

    const clients = await Promise.all(
      cluster.urls.map((servers) => PoolClient.connect({ servers })),
    )
    t.teardown(() => Promise.all(clients.map((client) => client.close())))
    const options = { unique: "ann", timeoutMs: 60_000 }
    const handles = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        (clients[n % clients.length] as PoolClient).enqueue("mail", { n }, options),
      ),
    )
    t.equal(handles.filter(({ already }) => !already).length, 1, "of 1,000 at once one is stored")
    t.equal(new Set(handles.map(({ id }) => id)).size, 1)
    t.equal((await store.list("jobs", jobNamesOf("work").ready("mail", 0), 10)).length, 1)
  },
)

for (const round of isAll ? rounds : []) {
  for (const what of ["stream", "consumer"] as const) {
    t.test(
      `when the server that leads the ${what} is killed and comes back no job is lost${round}`,
      { skip },
      async (t) => {
        const cluster = await testServers(t)
        const { it, manager } = await crewOn(t, cluster)
        await it.running(await it.enqueue(12, TAKES_MS))
        await it.busyWhile(async () => {
          const leader = (await leaderOf(manager, what)) ?? ""
          await it.disturbing(async () => {
            await cluster.named(leader)?.kill()
            await led(manager, what, leader)
          })
          await it.disturbing(async () => {
            await cluster.named(leader)?.start()
            await cluster.healthy()
          })
        }, TAKES_MS)
        await it.verdict(t)
      },
    )
  }

  t.test(
    `the consumer's leader is moved ${MOVES} times while jobs run, and no job is lost${round}`,
    { skip },
    async (t) => {
      const { it, manager } = await crewOn(t, await testServers(t))
      await it.running(await it.enqueue(12, TAKES_MS))
      const seen = new Set<string | undefined>()
      await it.busyWhile(async () => {
        for (let n = 0; n < MOVES; n += 1) {
          const leader = await leaderOf(manager, "consumer")
          seen.add(leader)
          await it.disturbing(async () => {
            const order = `$JS.API.CONSUMER.LEADER.STEPDOWN.${STREAM}.${CONSUMER}`
            await it.connection.request(order, "", { timeout: 5_000 }).catch(() => {})
            await led(manager, "consumer", leader)
          })
          // Some are done by the new one.
          await it.running(await it.enqueue(4, TAKES_MS))
        }
      }, TAKES_MS)
      t.ok(seen.size > 1)
      await it.verdict(t)
    },
  )

  t.test(`a polite restart of all servers loses no job${round}`, { skip }, async (t) => {
    const cluster = await testServers(t)
    const { it } = await crewOn(t, cluster)
    await it.running(await it.enqueue(12, TAKES_MS))
    await it.busyWhile(async () => {
      for (const server of cluster.servers) {
        await it.disturbing(async () => {
          server.lameDuck()
          await server.ended
          await server.start()
          await cluster.healthy()
        })
      }
    }, TAKES_MS)
    await it.verdict(t)
  })
}

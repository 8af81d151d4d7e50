/** What each role may do with jobs and cron where the server gives it no more than its own lines of the file. */
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { CronDesk } from "../../src/cron/cron-desk.js"
import { probe } from "../../src/doctor/probe.js"
import type { QueueJob } from "../../src/jobs/contract/queue-job.js"
import type { JobClient } from "../../src/jobs/job-client.js"
import { isAtLeast } from "../../src/nats/server-version.js"
import { jobPermissionsOf, together } from "../../src/operator/job-permissions.js"
import { permissionsOf, ROLES, type Role } from "../../src/operator/permissions.js"
import { findJobs, pauseJobs, viewOfJobs, withDead } from "../../src/operator/pool-jobs.js"
import { namesOf } from "../../src/protocol/names.js"
import { joinPool } from "../../src/worker/worker.js"
import { runPool } from "../fixtures/cli.js"
import { Events } from "../fixtures/events.js"
import { connectedAs, credentialsOf, guardedPool, refused } from "../fixtures/guarded.js"
import { LONG_LEASE_MS } from "../fixtures/leases.js"
import { type TestServer, testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

/** A pool with a worker who has jobs of all kinds, and a client who may enqueue. */
async function guarded(t: Test) {
  const pool = await guardedPool(t)
  const began = new Events<string>()
  let fails = true
  const worker = await pool.join("a", {
    http: 0,
    jobs: {
      send: (job) => job.text().toUpperCase(),
      bad: () => {
        if (fails) throw new Error("no way")
      },
      slow: (job: QueueJob) => {
        began.note(job.id)
        job.progress("half")
        return new Promise((_, reject) => {
          job.signal.addEventListener("abort", () => reject(job.signal.reason))
        })
      },
    },
    cron: { often: { at: "* * * * * *", job: "send" } },
  })
  const mend = () => {
    fails = false
  }
  const client = await PoolClient.connect({
    servers: pool.server.url,
    ...credentialsOf("enqueuer"),
  })
  t.teardown(() => client.close())
  const { desk } = await seenAs(t, pool.server, "observer")
  await until("its leader answers for cron", async () => (await desk.list()).by !== undefined)
  return { ...pool, worker, client, began, mend }
}

/** The jobs of the pool as `role` has them, and its cron. */
async function seenAs(t: Test, server: TestServer, role: Role) {
  const connection = await connectedAs(t, server, role)
  const jobs = (await findJobs(connection, "work")) as JobClient
  const desk = new CronDesk("work", jobs.store, connection)
  return { connection, jobs, desk, isNew: isAtLeast(server.version, "2.11") }
}

t.test(
  "a worker takes jobs and fires ticks, an enqueuer has them done and follows them",
  async (t) => {
    const { client, began, problems, server } = await guarded(t)
    const desk = await seenAs(t, server, "observer").then((it) => it.desk)
    t.equal((await (await client.enqueue("send", "hi")).result()).text(), "HI")
    const later = { delayMs: 3_600_000, unique: "a b" }
    const delayed = await client.enqueue("send", "x", later)
    t.ok((await client.enqueue("send", "x", later)).already)
    t.match(await delayed.state(), { state: "delayed" })
    t.ok(await delayed.cancel())
    const slow = await client.enqueue("slow", "x")
    await began.one((id) => id === slow.id)
    t.match(await slow.state(), { state: "running", worker: "a", progress: "half" })
    const ended = t.rejects(slow.result(), { name: "JobCancelled" })
    t.ok(await slow.cancel("enough"))
    await ended
    const bad = await client.enqueue("bad", "x", { attempts: 1 })
    await t.rejects(bad.result(), { name: "JobFailed" })
    const retried = await client.enqueue("bad", "x", { attempts: 2, backoffMs: 1 })
    await t.rejects(retried.result(), { name: "JobFailed" })
    const kept = await client.enqueue("send", "kept", { keepResultMs: 60_000 })
    t.equal((await kept.result()).text(), "KEPT")
    await until(
      "a tick was fired",
      async () => (await desk.list()).crons[0]?.last?.job !== undefined,
    )
    t.strictSame(problems, [])
  },
)

t.test("an observer sees jobs and cron", async (t) => {
  const { client, began, server } = await guarded(t)
  const { jobs, desk } = await seenAs(t, server, "observer")
  const { id } = await client.enqueue("slow", "x")
  await began.one((one) => one === id)
  const { queues, running } = await viewOfJobs(jobs, 10)
  t.ok(queues.some(({ queue, isServed }) => queue === "slow" && isServed))
  t.match(running, [{ id, worker: "a" }])
  t.match(await jobs.finder.find(id), { record: { queue: "slow" } })
  t.match(await desk.list(), { by: "a", crons: [{ name: "often" }] })
  await (await client.job("slow", id)).cancel()
})

t.test("an operator retries, discards, cancels, pauses, and defines cron", async (t) => {
  const { client, began, mend, server, problems } = await guarded(t)
  const { jobs, desk, isNew } = await seenAs(t, server, "operator")
  const fail = async () => {
    const job = await client.enqueue("bad", "x", { attempts: 1 })
    await t.rejects(job.result(), { name: "JobFailed" })
    return job.id
  }
  await jobs.finder.discard(await fail())
  await fail()
  mend()
  t.equal(await withDead(jobs, "bad", (found) => jobs.finder.bringBack(found)), 1)
  const { id } = await client.enqueue("slow", "x")
  await began.one((one) => one === id)
  t.ok(await jobs.finder.cancel(id, "enough"))
  const later = await client.enqueue("send", "x", { delayMs: 3_600_000 })
  t.ok(await jobs.finder.cancel(later.id, "enough"))
  if (isNew) {
    t.ok(await pauseJobs(jobs, "send", true))
    t.ok(await pauseJobs(jobs, "send", false))
  }
  t.match(await desk.add("nightly", { at: "0 3 * * *", job: "send" }), { by: "a" })
  await desk.pause("often")
  await desk.resume("often")
  t.notMatch(await desk.remove("nightly"), { crons: [{ name: "nightly" }] })
  t.equal((await (await client.enqueue("send", "on")).result()).text(), "ON")
  t.strictSame(problems, [])
})

/** What changes jobs or cron, or lies about them. */
function forbiddenTo(role: Role): string[] {
  const ruin = ["jobs", "dead"].flatMap((name) =>
    ["DELETE", "PURGE"].map((verb) => `$JS.API.STREAM.${verb}.POOL_work_${name}`),
  )
  const making = ["CREATE", "UPDATE"].map((verb) => `$JS.API.STREAM.${verb}.POOL_work_jobs`)
  const take = ["$JS.API.CONSUMER.MSG.NEXT.POOL_work_jobs.send_0"]
  const settle = ["$JS.ACK.POOL_work_jobs.send_0.1.1.1.1.0"]
  const orders = ["$JS.API.CONSUMER.PAUSE.POOL_work_jobs.send_0", "work.cron.nightly"]
  const enqueue = ["work.job.send.0.x", "work.later.send.0.x"]
  const forget = ["$JS.API.STREAM.MSG.DELETE.POOL_work_dead"]
  const lies = ["work.tick.nightly", "work.dead.send.0.x", "work.result.x", "work.excused.1"]
  const others = ["mail.job.send.0.x", "$JS.API.STREAM.INFO.POOL_mail_jobs", "mail.cancel"]
  const always = [...ruin, ...others]
  switch (role) {
    case "worker":
      return [...always, ...orders, ...forget, "work.cancel"]
    case "enqueuer":
      return [...always, ...making, ...take, ...settle, ...orders, ...forget, ...lies]
    case "operator":
      return [...always, ...making, ...settle, ...lies]
    case "observer":
    case "requester":
      return [
        ...[...always, ...making, ...take, ...settle, ...orders, ...forget, ...lies, ...enqueue],
        ...["work.cancel", "work.done.x.1", "$JS.API.STREAM.MSG.DELETE.POOL_work_jobs"],
      ]
  }
}

for (const role of ROLES) {
  t.test(
    `a ${role} is refused all else that has to do with jobs, and has what it needs`,
    async (t) => {
      const { server, problems } = await guarded(t)
      const connection = await connectedAs(t, server, role)
      const forbidden = forbiddenTo(role)
      t.strictSame((await refused(connection, forbidden)).toSorted(), forbidden.toSorted())
      const needed = together(permissionsOf(role, namesOf("work")), jobPermissionsOf(role, "work"))
      t.strictSame((await probe(connection, namesOf("work"), needed)).refused, [])
      t.strictSame(problems, [], "and nobody minds that it was tried")
    },
  )
}

t.test("what is refused is told in one line, with the subject and what to do", async (t) => {
  const { server, client } = await guarded(t)
  const failed = await client.enqueue("bad", "x", { attempts: 1 })
  await t.rejects(failed.result(), { name: "JobFailed" })
  const waiting = await client.enqueue("nobody", "x")
  const told = async (role: Role, ...args: string[]) => {
    const { user, password } = credentialsOf(role)
    const who = ["--servers", server.url, "--user", user, "--password", password]
    const { code, err } = await runPool(t, [...args, ...who])
    t.equal(code, 1, args.join(" "))
    const [, subject] =
      /^pool: not permitted to send to "(.+)" or .+; give .+--role\n$/.exec(err) ?? []
    return subject ?? err
  }
  const nightly = ["nightly", "0 3 * * *", "--job", "send"]
  const ended = await Promise.all([
    told("observer", "enqueue", "send", "x"),
    told("requester", "enqueue", "send", "x"),
    told("enqueuer", "jobs", "discard", failed.id),
    told("observer", "jobs", "cancel", waiting.id),
    told("observer", "cron", "add", ...nightly),
  ])
  t.match(ended, [
    /^work\.job\.send\.0\./,
    "$JS.API.STREAM.INFO.POOL_work_jobs",
    "$JS.API.STREAM.MSG.DELETE.POOL_work_dead",
    "work.cancel",
    "work.cron.nightly",
  ])
})

t.test("who may not make the streams of jobs says that a worker must", async (t) => {
  const { server } = await guardedPool(t)
  const client = await PoolClient.connect({ servers: server.url, ...credentialsOf("enqueuer") })
  t.teardown(() => client.close())
  const why = /^jobs: pool "work" has none yet, .+ not permitted to send to ".+"; start a worker/
  await t.rejects(client.enqueue("send", "x"), { name: "NoJobs", message: why })
})

t.test(
  "what a worker may not send is told of once, though nothing waits for an answer",
  async (t) => {
    const config = `authorization { users: [
    { user: worker, password: x, permissions: { publish: { deny: "work.done.>" } } }
  ] }`
    const server = await testServer(t, { config })
    const told = new Events<string>()
    const connect = { servers: server.url, user: "worker", password: "x" }
    const report = (problem: string, error?: unknown) => told.note(`${problem}: ${error}`)
    const jobs = new Events<string>()
    const worker = await joinPool({
      ...{ connect, report, leaseMs: LONG_LEASE_MS },
      jobs: { send: (job) => jobs.note(job.id) },
    })
    t.teardown(() => worker.leave())
    const client = await PoolClient.connect(connect)
    t.teardown(() => client.close())
    await client.enqueueMany("send", ["a", "b", "c"])
    await jobs.until((all) => all.length === 3)
    await told.one((line) => /not permitted to send to "work\.done\..+" or .+; give/.test(line))
    await client.enqueue("send", "d")
    await jobs.until((all) => all.length === 4)
    t.equal(told.all.length, 1, told.all.join("\n"))
  },
)

t.test("a worker that may not do what it must says which subject, and what to do", async (t) => {
  const users = Object.entries({
    nothing: { publish: "$JS.>" },
    looks: { publish: "$JS.API.STREAM.MSG.GET.>" },
    consumers: { publish: "$JS.API.CONSUMER.>" },
    deaf: { subscribe: ["work.running", "work.cancel"] },
  }).map(([user, denied]) => {
    const [[way, deny] = []] = Object.entries(denied)
    return `{ user: ${user}, password: x, permissions: { ${way}: { deny: ${JSON.stringify(deny)} } } }`
  })
  const config = `authorization { users: [{ user: all, password: x }, ${users.join(", ")}] }`
  const server = await testServer(t, { config })
  const told = new Events<string>()
  const report = (problem: string, error?: unknown) => told.note(`${problem}: ${error}`)
  const join = async (user: string) => {
    const connect = { servers: server.url, user, password: "x" }
    const jobs = { [user]: () => user }
    const worker = await joinPool({ connect, report, jobs, name: user, leaseMs: LONG_LEASE_MS })
    t.teardown(() => worker.leave())
  }
  await join("all")
  const message = /^not permitted to send to "\$JS\..+" or .+; give the user .+ --role$/
  for (const user of ["nothing", "looks", "consumers"]) {
    await t.rejects(join(user), { code: "not-permitted", message }, user)
  }
  await join("deaf")
  for (const subject of ["running", "cancel"]) {
    const line = `not permitted to listen on "work.${subject}"; give the user`
    await told.one((it) => it.startsWith("a subscription failed: ") && it.includes(line))
  }
})

t.test(
  "who may not hear what becomes of a job is told that, unless its result was kept",
  async (t) => {
    const config = `authorization { users: [
    { user: all, password: x }
    { user: deaf, password: x, permissions: { subscribe: { deny: "work.done.>" } } }
  ] }`
    const server = await testServer(t, { config })
    const worker = await joinPool({
      connect: { servers: server.url, user: "all", password: "x" },
      leaseMs: LONG_LEASE_MS,
      jobs: { send: (job) => job.text() },
    })
    t.teardown(() => worker.leave())
    const client = await PoolClient.connect({ servers: server.url, user: "deaf", password: "x" })
    t.teardown(() => client.close())
    const job = await client.enqueue("send", "x")
    await t.rejects(job.result(), { name: "NotPermitted", message: /"work\.done\..*\*"/ })
    if (!isAtLeast(server.version, "2.11")) return
    const kept = await client.enqueue("send", "y", { keepResultMs: 60_000 })
    t.equal((await kept.result()).text(), "y")
  },
)

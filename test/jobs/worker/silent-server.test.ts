/** A server that is connected and does not answer requests for jobs: said until it does, not only now and then. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { connect } from "nats"
import t from "tap"
import { JetStreamJobs } from "../../../src/jobs/store/jetstream-jobs.js"
import { Events } from "../../fixtures/events.js"
import { testServer } from "../../fixtures/server.js"

/** What one user may not send; the server says nothing to who asks there all the same. */
const config = (denied: string) => `authorization { users: [
  { user: worker, password: x, permissions: { publish: { deny: "${denied}" } } }
] }`

t.test(
  "what is wrong stays so until a request is answered, however often it is mended",
  async (t) => {
    const server = await testServer(t, { config: config("$JS.API.CONSUMER.MSG.NEXT.>") })
    const connection = await connect({ servers: server.url, user: "worker", pass: "x" })
    t.teardown(() => connection.close())
    const store = await JetStreamJobs.open({ connection, pool: "work" })
    const told = new Events<unknown>()
    const source = await store.source({
      ...{ queue: "send", priority: 0, leaseMs: 500 },
      heard: () => {},
      told: told.note,
    })
    t.teardown(() => source.close())
    source.want(1)
    await told.until((all) => all.length === 3)
    t.match(told.all.map(String), Array(3).fill(/does not answer requests for jobs/))
    // What it was started with counts no more for server 2.9.
    const jetStream = `jetstream { store_dir: "${server.folder}/store" }\n`
    writeFileSync(join(server.folder, "nats-server.conf"), jetStream + config("other"))
    process.kill(server.pid, "SIGHUP")
    await told.one((trouble) => trouble === undefined)
    const { length } = told.all
    t.equal(told.all.indexOf(undefined), length - 1, "and then it is over, once")
  },
)

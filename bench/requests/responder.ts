/** One responder of the bench, in a process of its own: a member of a pool, or plain client library. */
import { connect } from "nats"
import { joinPool } from "../../dist/worker/worker.js"

const [kind, url = ""] = process.argv.slice(2)

if (kind === "pool") {
  const worker = await joinPool({
    pool: "bench-pool",
    connect: { servers: url },
    work: (job) => job.data,
  })
  process.once("disconnect", () => worker.leave())
} else {
  const connection = await connect({ servers: url, noAsyncTraces: true })
  for (const subject of ["bench-plain", "bench-plain.leader"]) {
    connection.subscribe(subject, {
      queue: "workers",
      callback: (_error, message) => {
        message.respond(message.data)
      },
    })
  }
  await connection.flush()
  process.once("disconnect", () => connection.close())
}
process.send?.("ready")

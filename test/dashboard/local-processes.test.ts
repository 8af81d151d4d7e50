import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { hostname } from "node:os"
import { TimeoutError } from "nats"
import t from "tap"
import { LocalProcesses } from "../../src/dashboard/local-processes.js"
import { member } from "../fixtures/members.js"

const host = hostname()

async function noAnswer(): Promise<void> {
  throw new TimeoutError()
}

t.test(
  "who was frozen here can be thawed without an entry, and be killed while frozen",
  async (t) => {
    const process = spawn("sleep", ["600"])
    t.teardown(() => process.kill("SIGKILL"))
    const processes = new LocalProcesses()
    const a = member("a", { host, pid: process.pid as number })
    processes.freeze(a)
    t.equal(processes.frozen(a.id), a)
    processes.thaw(a)
    t.equal(processes.frozen(a.id), undefined)
    processes.freeze(a)
    const ended = once(process, "exit")
    t.match(await processes.kill(a, noAnswer), /its process \d+ was killed from here$/)
    t.strictSame(await ended, [null, "SIGKILL"])
    t.equal(processes.frozen(a.id), undefined)
  },
)

t.test("a process of another machine, or one that is gone, is none to signal", async (t) => {
  const processes = new LocalProcesses()
  const { pid } = spawnSync("true")
  const far = member("a", { host: `not-${host}`, pid })
  const gone = member("b", { host, pid })
  for (const act of ["freeze", "thaw"] as const) {
    t.throws(() => processes[act](far), { message: `a runs on not-${host}, not here` })
    t.throws(() => processes[act](gone), { message: "the process of b is not there any more" })
  }
  await t.rejects(processes.kill(far, noAnswer), new TimeoutError())
  await t.rejects(processes.kill(gone, noAnswer), {
    message: "the process of b is not there any more",
  })
  t.equal(processes.frozen(gone.id), undefined)
})

t.test("who obeys is killed by itself, and what it refuses is told", async (t) => {
  const processes = new LocalProcesses()
  const a = member("a", { host, pid: 0 })
  t.equal(await processes.kill(a, async () => {}), undefined)
  const refusing = processes.kill(a, async () => {
    throw new Error("takes no orders")
  })
  await t.rejects(refusing, { message: "takes no orders" })
})

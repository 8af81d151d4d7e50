import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { hostname } from "node:os"
import t from "tap"
import { LocalProcesses } from "../../src/dashboard/local-processes.js"
import { member } from "../fixtures/members.js"

const host = hostname()

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
    t.match(processes.kill(a), /its process \d+ was killed from here$/)
    t.strictSame(await ended, [null, "SIGKILL"])
    t.equal(processes.frozen(a.id), undefined)
  },
)

t.test("a process of another machine, or one that is gone, is none to signal", async (t) => {
  const processes = new LocalProcesses()
  const { pid } = spawnSync("true")
  const far = member("a", { host: `not-${host}`, pid })
  const gone = member("b", { host, pid })
  for (const act of ["freeze", "thaw", "kill"] as const) {
    t.throws(() => processes[act](far), { message: `a runs on not-${host}, not here` })
    t.throws(() => processes[act](gone), { message: "the process of b is not there any more" })
  }
  t.equal(processes.frozen(gone.id), undefined)
})

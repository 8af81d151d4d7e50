import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { closeSync, existsSync, openSync } from "node:fs"
import t from "tap"
import { built } from "../../fixtures/built.js"
import { startPool } from "../../fixtures/cli.js"
import { testServer } from "../../fixtures/server.js"
import { until } from "../../fixtures/until.js"

const FULL = "/dev/full"
const isMissing = !existsSync(FULL) && "there is no full disk to write to"
const SAID = /^pool: (standard output|the log) can't be written: ENOSPC[^\n]*\n$/

/** Runs `pool <args>` in a shell, with its output where `to` says. */
function shell(args: string, to: string): { code: number | null; err: string } {
  const command = `${process.execPath} ${built("cli.js")} ${args} ${to}`
  const { status, stderr } = spawnSync("bash", ["-o", "pipefail", "-c", command], {
    encoding: "utf8",
  })
  return { code: status, err: stderr }
}

t.test(
  "what a full disk does not take is said in one line, and by the exit code",
  { skip: isMissing },
  async (t) => {
    const server = await testServer(t)
    const worker = startPool(t, ["worker", "--name", "a", "--servers", server.url])
    await worker.says(/"leads"/)
    const there = `--servers ${server.url}`
    for (const args of [
      "completion bash",
      "--help",
      `members ${there}`,
      `doctor ${there}`,
      `dashboard --once ${there}`,
      `dashboard --plain ${there}`,
    ]) {
      const { code, err } = shell(args, `> ${FULL}`)
      t.match(err, SAID, args)
      t.equal(code, 1, args)
    }
    t.strictSame(shell(`members ${there}`, `> ${FULL} 2> ${FULL}`), { code: 1, err: "" })
    worker.child.kill("SIGTERM")
    await worker.ended()
  },
)

t.test(
  "a worker whose log is on a full disk works on, and says so once",
  { skip: isMissing },
  async (t) => {
    const server = await testServer(t)
    const disk = openSync(FULL, "w")
    const args = [built("cli.js"), "worker", "--name", "a", "--servers", server.url]
    const worker = spawn(process.execPath, args, { stdio: ["ignore", disk, "pipe"] })
    closeSync(disk)
    t.teardown(() => worker.kill("SIGKILL"))
    let said = ""
    worker.stderr?.setEncoding("utf8").on("data", (text) => {
      said += text
    })
    const members = `members --json --servers ${server.url}`
    await until("it has joined", () => shell(members, "> /dev/null").code === 0)
    const ended = once(worker, "close")
    worker.kill("SIGTERM")
    t.strictSame(await ended, [0, null])
    t.match(said, SAID)
  },
)

t.test("who reads no further has seen enough", async (t) => {
  for (const args of ["completion bash", "dashboard --demo --once"]) {
    t.strictSame(shell(args, "| true"), { code: 0, err: "" }, args)
    t.equal(shell(args, ">&-").err, "", `${args}: closed`)
  }
})

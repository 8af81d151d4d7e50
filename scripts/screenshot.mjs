/**
 * Makes the picture of the dashboard: `pool cluster` in a terminal of its own (tmux) with some work to do, a story of
 * a few reigns told with its keys, and what is on the screen at the end as SVG. Takes two and a half minutes.
 *
 *   make screenshot
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { parseArgs } from "node:util"
import { PoolClient } from "../dist/index.js"
import { svgOf } from "./terminal-svg.mjs"

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "docs/dashboard.svg" },
    port: { type: "string", default: "4333" },
    /** Less than 1 for a quick look. */
    pace: { type: "string", default: "1" },
  },
})
const [columns, rows] = [100, 30]
const out = resolve(values.out)
const folder = mkdtempSync(join(tmpdir(), "screenshot-"))
const socket = `screenshot-${process.pid}`

/** What the workers do: something that takes a while. */
const HANDLER = `
import { setTimeout as delay } from "node:timers/promises"
const take = async (ms) => { await delay(ms * (0.5 + Math.random() ** 3 * 4)); return "done" }
export const work = () => take(12)
export const leaderWork = () => take(4)
`

/** Keys, and how many seconds pass before the next. */
const STORY = [
  ["B", 40], // a leads
  ["g", 0.5],
  ["K", 0.5],
  ["y", 8], // killed: b leads
  ["n", 30],
  ["t", 2],
  ["g", 0.5],
  ["s", 30], // stops: c leads
  ["n", 12],
  ["B", 2],
  ["t", 1],
  ["w", 1],
  ["g", 0.5],
  ["K", 0.5],
  ["y", 8], // killed: d leads
  ["j", 1],
]

function tmux(...args) {
  const all = ["-L", socket, "-f", "/dev/null", ...args]
  return execFileSync("tmux", all, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
}

const screen = () => tmux("capture-pane", "-p")

async function shown(sign) {
  for (let tries = 0; tries < 300; tries++) {
    if (sign.test(screen())) return
    await delay(100)
  }
  throw new Error(`not on the screen after 30 s: ${sign}; what is there:\n${screen()}`)
}

/** Work that comes in waves, until it is told to stop. */
async function keepBusy(client, signal) {
  const ask = (request) => request.catch(() => {}) // who is killed takes its work with it
  for (let n = 0; !signal.aborted; n++) {
    ask(client.work("hello", { timeoutMs: 2000 }))
    if (n % 9 === 0) ask(client.leaderWork("hello", { timeoutMs: 2000 }))
    await delay(18 + 14 * Math.sin(n / 60) + 10 * Math.random())
  }
}

const handler = join(folder, "handler.mjs")
writeFileSync(handler, HANDLER)
const cluster = ["cluster", "--port", values.port, "--workers", "4", "--handler", handler]
const command = ["env", "LANG=C.UTF-8", "node", resolve("dist/cli.js"), ...cluster]
tmux("new-session", "-d", "-c", folder, "-x", String(columns), "-y", String(rows), ...command)
const done = new AbortController()
try {
  await shown(/^│ 4 {2}d .* ready /m)
  const client = await PoolClient.connect({ pool: "work", servers: `127.0.0.1:${values.port}` })
  const busy = keepBusy(client, done.signal)
  for (const [key, seconds] of STORY) {
    tmux("send-keys", key)
    await delay(Math.max(500, seconds * 1000 * Number(values.pace)))
  }
  const picture = svgOf(tmux("capture-pane", "-p", "-e"), columns, rows, "make cluster")
  done.abort()
  await busy
  await client.close()
  writeFileSync(out, picture)
  console.log(`wrote ${values.out}`)
  tmux("send-keys", "q")
  for (;;) {
    tmux("list-sessions")
    await delay(100)
  }
} catch (error) {
  // The session ends with its command: then all is as it should be.
  if (!/no server running|server exited|error connecting/.test(String(error.stderr ?? "")))
    throw error
} finally {
  done.abort()
  try {
    tmux("kill-server")
  } catch {
    // It ended with its last session.
  }
  rmSync(folder, { recursive: true, force: true })
}

/**
 * Takes a picture of the dashboard: runs it in a terminal of its own (tmux), presses keys, and writes what is
 * on the screen then as SVG. Frames and bars are drawn, not typed, so that they meet in every font.
 *
 *   npm run build
 *   node scripts/screenshot.mjs                                   the demo
 *   node scripts/screenshot.mjs --keys "w t B" -- node dist/cli.js cluster
 */
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { parseArgs } from "node:util"
import { svgOf } from "./terminal-svg.mjs"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "100x30" },
    /** Pressed one after the other; a number waits that many milliseconds. */
    keys: { type: "string", default: "j w 300 t 300 B 1500" },
    out: { type: "string", default: "docs/dashboard.svg" },
    title: { type: "string", default: "The dashboard of a pool" },
  },
})
const command =
  positionals.length > 0 ? positionals : ["node", "dist/cli.js", "dashboard", "--demo"]
const [columns, rows] = values.size.split("x")
const socket = `screenshot-${process.pid}`

function tmux(...args) {
  const all = ["-L", socket, "-f", "/dev/null", ...args]
  return execFileSync("tmux", all, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
}

/** Waits until the dashboard stands: its last line says how to quit. */
async function shown() {
  for (let tries = 0; tries < 300; tries++) {
    if (/q quit/.test(tmux("capture-pane", "-p"))) return
    await delay(100)
  }
  throw new Error(`no dashboard after 30 s; what is there:\n${tmux("capture-pane", "-p")}`)
}

tmux("new-session", "-d", "-x", columns, "-y", rows, "env", "LANG=C.UTF-8", ...command)
try {
  await shown()
  for (const key of values.keys.split(" ").filter(Boolean)) {
    if (/^\d{2,}$/.test(key)) await delay(Number(key))
    else tmux("send-keys", key)
  }
  await delay(300)
  const screen = tmux("capture-pane", "-p", "-e")
  writeFileSync(values.out, svgOf(screen, Number(columns), Number(rows), values.title))
  console.log(`wrote ${values.out}`)
  tmux("send-keys", "C-c")
  for (let tries = 0; tries < 100; tries++) {
    tmux("list-sessions")
    await delay(100)
  }
} catch (error) {
  // The session ends with its command: then all is as it should be.
  if (!/no server running|server exited/.test(String(error.stderr ?? ""))) throw error
} finally {
  try {
    tmux("kill-server")
  } catch {
    // It ended with its last session.
  }
}

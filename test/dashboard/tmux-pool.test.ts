/** The screen in a real terminal on a real pool: one server and one cluster live through all of it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { built } from "../fixtures/built.js"
import { tempFolder } from "../fixtures/folder.js"
import { isAlive } from "../fixtures/programs.js"
import { requester } from "../fixtures/requester.js"
import { type TestServer, testServer } from "../fixtures/server.js"
import { GIVEN_BACK, shellIn, type Terminal, withoutTmux } from "../fixtures/tmux.js"
import { PATIENCE_MS, until } from "../fixtures/until.js"
import { isWhole } from "./demo-terminal.js"
import { look, presser, repair } from "./keys.js"

const skip = withoutTmux()
const POOL = `node ${built("cli.js")}`
/** How long something took, as the screen tells it. */
const TOOK = String.raw`[\d.]+(us|ms|s)`

async function cluster(t: Test, server: TestServer): Promise<Terminal> {
  const terminal = await shellIn(t, t.testdir({}))
  terminal.run(`${POOL} cluster --servers ${server.url}`)
  await terminal.until(/^│ 3 {2}c .* ready /m)
  return terminal
}

/** The process of the worker in a row of the table. */
function pidOf(screen: string, name: string): number {
  return Number(new RegExp(`^│.\\d  ${name} .*?:\\d\\d +\\S+ +(\\d+) `, "m").exec(screen)?.[1])
}

t.test("every key does what it says, and tells what came of it", { skip }, async (t) => {
  const server = await testServer(t)
  const terminal = await cluster(t, server)
  const press = presser(t, terminal)
  // No subtests: what follows a stage that failed would only wait in vain.
  const stage = async (what: string, run: () => Promise<void>) => {
    t.comment(what)
    await run()
  }

  await stage("work", async () => {
    await press("w", `simple #1: [abc] answered in ${TOOK}`)
    await press("t", `tracked #2: a answered in ${TOOK}, term \\d+`)
    await press("B", `10 simple: ([abc] \\d+, )+in ${TOOK}`)
    // They fill the seven lines of answers, in the order in which they came, and are in the workers' own statistics.
    const burst = (screen: string) => screen.match(/#([3-9]|1[0-2]) +simple +[abc] /g) ?? []
    await terminal.until((screen) => burst(screen).length === 7)
    const done = (screen: string) =>
      [...screen.matchAll(/^│.\d {2}[abc] .* ready +(\d+) /gm)].map(([, count]) => Number(count))
    await terminal.until((text) => done(text).reduce((a, b) => a + b, 0) === 12)
  })

  await stage("looking", async () => {
    await look(press)
    await repair(terminal, press)
  })

  await stage("workers", async () => {
    await press("n", `d joined after ${TOOK}, 4th in line`)
    await press("g", /^│▸1 {2}a/m)
    await press("P", "a paused: it keeps its place, takes no work")
    t.match(await terminal.until(/^│▸1 {2}a .* paused /m), /leader a/, "it still leads")
    await press("P", "a takes work again")
    await press("Down", /^│▸2 {2}b/m)
    await press("h", `b leads after ${TOOK}: a handed over`)
    await press("z", `[acd] leads after ${TOOK}: the lease of b ran out; z thaws it`)
    t.match(terminal.screen(), /^│▸2 {2}b .* frozen /m)
    await press("z", "b runs again, and finds that it no longer leads")
    await press("r", `b is back after ${TOOK}, 4th in line`)
    await press("G", /^│▸4 {2}b/m)
    await press("s", `b left after ${TOOK}(, finished \\d+)?`)
    await terminal.until(/^│ {4}b .* gone .* left \d+s/m)
  })

  await stage("kill", async () => {
    await press("g", /^│▸1 {2}a/m)
    const screen = terminal.screen()
    const pid = pidOf(screen, "a")
    t.ok(isAlive(pid))
    await press("K", /^ Kill a with SIGKILL\? /m)
    await press("n", /^ w work/m)
    t.ok(isAlive(pid), "any other key keeps it")
    await press("K", /^ Kill a with SIGKILL\? /m)
    const isLeader = /^│▸1 {2}a +leader /m.test(screen)
    await press("y", isLeader ? `a killed; [cd] leads after ${TOOK}` : "a killed")
    await until("the process is gone", () => !isAlive(pid))
    await terminal.until(/^│ {4}a .* gone .* killed \d+s/m)
  })

  await stage("kill -9 from a shell is seen just as well", async () => {
    const before = terminal.screen()
    const leader = /^│.\d {2}(\w) +leader /m.exec(before)?.[1] as string
    const other = leader === "c" ? "d" : "c"
    process.kill(pidOf(before, leader), "SIGKILL")
    const after = await terminal.until(new RegExp(`leader ${other}, term \\d+, 1 worker `))
    t.match(after, new RegExp(`${leader}  killed`), "as an event")
    t.match(after, new RegExp(`${leader} led .* and was killed; .*${other} leads since`))
  })

  await stage("a live resize", async () => {
    for (const [columns, rows, sign] of [
      [60, 16, /^ work +● .*\n╭─ Members 1 /],
      [38, 8, /^ ● leader [cd], term \d+ +(live +)?\d\d:\d\d:\d\d\n▸1 /],
      [30, 5, /^pool needs 36x6, this is 30x5\n\n*$/],
      [140, 45, /╭─ Leadership ─{100,} last 5 min ─╮\n/],
      [100, 30, /^ work {2}\S+:\d+ .*\n╭─ Members 1 /],
    ] as const) {
      terminal.resize(columns, rows)
      await terminal.until((text) => sign.test(text) && isWhole(text, columns))
    }
  })

  await stage("Ctrl-Z suspends the screen, not the pool", async () => {
    const term = /leader ([cd]), term (\d+)/.exec(terminal.screen())
    terminal.keys("C-z")
    await terminal.shell()
    terminal.run(`${POOL} work --leader hello --servers ${server.url}`)
    const answer = await terminal.until(/"role":"leader"/)
    t.match(answer, new RegExp(`"worker":"${term?.[1]}"[^}]*"term":${term?.[2]},`))
    terminal.run("clear; echo what stood here before; fg")
    await terminal.until(new RegExp(`leader ${term?.[1]}, term ${term?.[2]}, 1 worker `))
  })

  await stage("a dashboard that is only attached leaves the pool alone", async () => {
    const attached = await shellIn(t, tempFolder(t), { columns: 60, rows: 16 })
    const pidFile = join(server.folder, "dashboard.pid")
    const start = async () => {
      const run = `sh -c 'echo $$ > ${pidFile}; exec ${POOL} dashboard --servers ${server.url}'`
      attached.run(`clear; echo what stood here before; ${run}; echo code $?`)
      await attached.until(/╭─ Members 1 [\s\S]*q quit/)
    }
    await start()
    const pressHere = presser(t, attached)
    await pressHere("n", "this dashboard starts no workers; in a shell: pool worker")
    await pressHere("w", `simple #1: [cd] answered in ${TOOK}`)
    const signal = (name: NodeJS.Signals) => () =>
      process.kill(Number(readFileSync(pidFile, "utf8")), name)
    for (const [leave, code] of [
      [() => attached.keys("q"), 0],
      [() => attached.keys("C-c"), 0],
      [signal("SIGTERM"), 143],
      [signal("SIGHUP"), 129],
    ] as const) {
      leave()
      const screen = await attached.until(/^code \d+$/m)
      t.match(screen, new RegExp(`^what stood here before$[\\s\\S]*^code ${code}$`, "m"))
      t.strictSame(attached.state(), GIVEN_BACK)
      if (code !== 129) await start()
    }
    t.match(terminal.screen(), /, 1 worker +live/)
  })

  await stage("a server that is lost, and back", async () => {
    const before = /leader ([cd])/.exec(terminal.screen())?.[1]
    await server.kill()
    // For longer than an entry lives without a renewal.
    const seconds = String.raw`([89]|\d\d)s`
    const lost = `○ disconnected ${seconds}, retrying +last leader ${before} +STALE ${seconds}`
    await terminal.until(new RegExp(lost))
    await press("w", "not connected to .*: this key works again when it is back")
    t.match(terminal.screen(), /╭─ Members 1 [\s\S]*▸1 {2}[cd] .* ready /)
    await server.restart()
    await terminal.until(/● connected [\s\S]* leader [cd], term \d+, 1 worker +live/)
    t.notMatch(terminal.screen(), /dropped|expired/, "nothing is invented meanwhile")
    // The screen may be back before the worker is.
    const client = new PoolClient({ bus: await requester(t, server.url) })
    await client.work("", { timeoutMs: PATIENCE_MS })
    await client.close()
    await press("w", `simple #\\d+: [cd] answered in ${TOOK}`)
  })

  await stage("q gives the terminal back, and says what is stopped", async () => {
    terminal.keys("q")
    // With the prompt: what is typed before it may be shown twice.
    await terminal.until(/^stopped after .*\n\$ *$/m)
    terminal.run("echo code $?")
    const screen = await terminal.until(/^code 0$/m)
    t.match(screen, /^stopping 1 worker; a second Ctrl-C does not wait for work in flight$/m)
    t.match(screen, /^\d\d:\d\d:\d\d {2}[cd] {2}left\nstopped after \S+s$/m)
  })
})

import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import t, { type Test } from "tap"
import { GIVEN_BACK, type Terminal, withoutTmux } from "../fixtures/tmux.js"
import { until } from "../fixtures/until.js"
import { demo, isWhole } from "./demo-terminal.js"

const skip = withoutTmux()

/** Passes once the shell is back as it was, with the exit code of the program. */
async function isGivenBack(t: Test, terminal: Terminal, code: number): Promise<string> {
  await terminal.shell()
  terminal.run("echo code $? $(stty -a | grep -ow -e -echo -e echo -e icanon -e isig)")
  const screen = await terminal.until(/^code \d+/m)
  t.match(screen, new RegExp(`^code ${code} isig icanon echo$`, "m"))
  t.match(screen, /^ended by itself$/m, "it had the time to close what it had opened")
  t.strictSame(terminal.state(), GIVEN_BACK)
  return screen
}

for (const [name, keys] of [
  ["q", ["q"]],
  ["Ctrl-C", ["C-c"]],
  ["Ctrl-C while a question stands", ["K", "C-c"]],
] as const) {
  t.test(`${name} gives the terminal back`, { skip }, async (t) => {
    const { terminal } = await demo(t)
    for (const key of keys) terminal.keys(key)
    await isGivenBack(t, terminal, 0)
  })
}

for (const [signal, code] of [
  ["SIGTERM", 143],
  ["SIGINT", 130],
  ["SIGHUP", 129],
  ["SIGQUIT", 131],
] as const) {
  t.test(`${signal} gives the terminal back`, { skip }, async (t) => {
    const { terminal, pid } = await demo(t)
    process.kill(pid, signal)
    await isGivenBack(t, terminal, code)
  })
}

t.test("a terminal that closes ends it in order, screen or not", { skip }, async (t) => {
  for (const settings of ["{}", '{"plain":true}']) {
    const sign = /live {2}\d|a {2}leads, term \d+, after/
    // The shell outlives the terminal, to tell how it ended.
    const script = 'trap : HUP; node demo.mjs "$0"; echo $? > code'
    const run = `sh -c '${script}' '${settings}'`
    const { terminal, folder } = await demo(t, { run, sign })
    terminal.close()
    const code = () => readFileSync(join(folder, "code"), "utf8")
    await until("it ended", () => existsSync(join(folder, "code")) && code() !== "")
    t.equal(code(), "129\n")
  }
})

t.test(
  "an uncaught error gives the terminal back, and shows where it was thrown",
  { skip },
  async (t) => {
    const { terminal, pid } = await demo(t)
    process.kill(pid, "SIGUSR2")
    const screen = await isGivenBack(t, terminal, 1)
    t.match(screen, /^Error: thrown by the test\n\s+at process/m)
  },
)

t.test(
  "Ctrl-Z gives the terminal back, and fg brings the screen back, as often as one likes",
  { skip },
  async (t) => {
    const { terminal } = await demo(t)
    for (let turn = 0; turn < 3; turn++) {
      terminal.keys("C-z")
      await terminal.shell()
      t.strictSame(terminal.state(), GIVEN_BACK)
      terminal.run("stty -a | grep -ow -e -echo -e echo -e icanon | paste -sd ' ' -")
      await terminal.until(/^icanon echo$/m)
      terminal.run("clear; echo what stood here before; fg")
      await terminal.until(/╭─ Members 3[\s\S]*q quit/)
      t.strictSame(terminal.state(), { isAlternate: true, hasCursor: false, wraps: false })
      terminal.keys("Down")
      await terminal.until(turn === 0 ? /^│▸2 {2}b/m : /^│▸3 {2}c/m)
    }
    terminal.keys("q")
    await isGivenBack(t, terminal, 0)
  },
)

t.test(
  "a size that changed while it was stopped is the size it comes back in",
  { skip },
  async (t) => {
    const { terminal } = await demo(t)
    terminal.keys("C-z")
    await terminal.shell()
    terminal.resize(60, 16)
    terminal.run("fg")
    const screen = await terminal.until(/^ work +● .*\n╭─ Members 3 ─+ in line of succession ─╮\n/)
    t.ok(isWhole(screen, 60))
  },
)

t.test("stopped by a signal it gives the terminal back as well", { skip }, async (t) => {
  const { terminal, pid } = await demo(t)
  process.kill(pid, "SIGTSTP")
  await terminal.shell()
  t.strictSame(terminal.state(), GIVEN_BACK)
  terminal.run("fg")
  await terminal.until(/╭─ Members 3/)
  terminal.keys("Down")
  await terminal.until(/^│▸2 {2}b/m)
})

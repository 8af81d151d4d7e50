import t from "tap"
import { withoutTmux } from "../fixtures/tmux.js"
import { demo, isWhole } from "./demo-terminal.js"
import { look, presser, repair } from "./keys.js"

const skip = withoutTmux()

t.test("the screen is drawn, to the last row", { skip }, async (t) => {
  const { terminal } = await demo(t)
  const screen = await terminal.until(/╭─ Members 3/)
  const lines = screen.split("\n")
  t.match(lines[0], /^ work {2}nats:.*● connected .* leader a, term \d+, 3 workers +live /)
  t.match(lines[29], /^ w work .* q quit$/)
  t.strictSame(terminal.state(), { isAlternate: true, hasCursor: false, wraps: false })
})

t.test("every key does what the help says", { skip }, async (t) => {
  const { terminal } = await demo(t)
  const press = presser(t, terminal)
  await press("w", /^ simple #1: \w answered in [\d.]+(us|ms|s)$/m)
  await press("t", /^ tracked #2: a answered in [\d.]+(us|ms|s), term \d+$/m)
  await press("B", /^ 10 simple: a \d, b \d, c \d, in [\d.]+(us|ms|s)$/m)
  await look(press)
  await press("n", /^ d joined after [\d.]+(us|ms|s), 4th in line$/m)
  await press("P", /^ c paused: it keeps its place, takes no work$/m)
  await press("P", /^ c takes work again$/m)
  await press("r", /^ c is back after .*, 4th in line$/m)
  await press("g", /^│▸1 {2}a/m)
  await press("Down", /^│▸2 {2}b/m)
  await press("h", /^ b leads after [\d.]+(us|ms|s): a handed over$/m)
  await press("z", /^ a leads after [\d.]+s: the lease of b ran out; z thaws it$/m)
  await press("z", /^ b runs again, and finds that it no longer leads$/m)
  await press("s", /^ b left after [\d.]+(us|ms|s)(, finished \d+)?$/m)
  await press("g", /^│▸1 {2}a/m)
  await press("K", /^ Kill a with SIGKILL\? It leads; \w is next and takes over at once/m)
  await press("n", /^ w work/m)
  await press("K", /^ Kill a with SIGKILL\?/m)
  await press("y", /^ a killed; \w leads after [\d.]+(us|ms|s)$/m)
  t.match(terminal.screen(), /^ work .* leader [^a], term \d+, 2 workers/m)
})

t.test("a live resize through all sizes leaves nothing of the old one", { skip }, async (t) => {
  const { terminal } = await demo(t)
  const signs: [number, number, RegExp][] = [
    [60, 16, /^ work +● .*\n╭─ Members 3 ─+ in line of succession ─╮\n/],
    [38, 8, /^ ● leader a, term \d+ {2}live +\d\d:\d\d:\d\d\n▸1 /],
    [36, 6, /^ ● leader a, term \d+ +(live +)?\d\d:\d\d:\d\d\n▸1 /],
    [30, 5, /^pool needs 36x6, this is 30x5\n\n*$/],
    [140, 45, /╭─ Leadership ─{100,} last 5 min ─╮\n/],
    [80, 24, /^ work +● connected .*\n╭─ Members 3 ─+ in line of succession ─╮\n/],
    [38, 30, /^ ● leader a/],
    [100, 30, /^ work {2}nats:.*\n╭─ Members 3 /],
  ]
  for (const [columns, rows, sign] of signs) {
    terminal.resize(columns, rows)
    const screen = await terminal.until((text) => sign.test(text) && isWhole(text, columns))
    const frames = screen.match(/╭─ Members/g) ?? []
    t.ok(frames.length <= 1, `${columns}x${rows}: ${frames.length} tables`)
    t.ok((screen.match(/q quit/g) ?? []).length <= 1, `${columns}x${rows}: one line of keys`)
  }
})

t.test("Ctrl-L repairs a screen that something else wrote on", { skip }, async (t) => {
  const { terminal } = await demo(t)
  await repair(terminal, presser(t, terminal))
})

t.test("NO_COLOR: no colours, but all the words", { skip }, async (t) => {
  const plain = await demo(t, { env: { NO_COLOR: "1" } })
  t.notMatch(plain.terminal.screen(true), /\[\d*3[1-6]m|\[2m|\[7m/)
  const colourful = await demo(t)
  t.match(colourful.terminal.screen(true), /\[32m/)
})

t.test("ASCII on the Linux console", { skip }, async (t) => {
  const { terminal } = await demo(t, { run: "TERM=linux node demo.mjs" })
  const screen = await terminal.until(/^\+- Members 3/m)
  t.match(screen, /^[ -~\n]+$/)
})

t.test("a dumb terminal, a pipe and a screen reader get lines", { skip }, async (t) => {
  for (const run of [
    "TERM=dumb node demo.mjs",
    "node demo.mjs | cat",
    "INK_SCREEN_READER=true node demo.mjs",
    "node demo.mjs '{\"plain\":true}'",
  ]) {
    const { terminal } = await demo(t, { run, sign: /a {2}leads, term \d+, after/ })
    t.match(terminal.screen(), /d {2}killed/, run)
    t.notOk(terminal.state().isAlternate)
  }
})

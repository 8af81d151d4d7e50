import t from "tap"
import { demoStage, type Stage, stage } from "./stage.js"

// The runner turns colours off for all tests. They are decided when chalk is loaded, so: now, for this one.
process.env.FORCE_COLOR = "1"
const { render } = await import("../fixtures/render.js")

const SIZE = { columns: 100, rows: 30 }

/** The screen with its colours spelled out: `<green>ready</>`. */
function screenOf({ store }: Stage): string {
  const screen = render(store, SIZE)
  const frame = screen.frame()
  screen.unmount()
  const codes = new Set([...frame.matchAll(CODE)].map(([, code]) => Number(code)))
  for (const code of codes) if (!(code in NAMES)) throw new Error(`not one of ours: ${code}`)
  return frame.replace(CODE, (_, code) => NAMES[Number(code)] ?? "")
}

const CODE = new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m`, "g")

const NAMES: Readonly<Record<number, string>> = {
  1: "<bold>",
  2: "<dim>",
  7: "<inverse>",
  22: "</>",
  27: "</>",
  31: "<red>",
  32: "<green>",
  33: "<yellow>",
  35: "<magenta>",
  39: "</>",
}

t.test("only live state has colour; leader is bold yellow, selection inverse", async (t) => {
  const on = await demoStage()
  on.press("down")
  on.source.fake.change("c-4", { state: "draining" })
  await on.pass(150)
  const rows = screenOf(on).split("\n")
  t.match(rows[0], /<green>●<\/>.*leader <bold><yellow>a<\/><\/>,/)
  t.match(rows[1], /^<dim>╭─ <\/><bold>Members 3<\/>/)
  t.match(rows[3], /<bold><yellow>a.*<bold><yellow>leader.*<green>ready.*<green>██████<\/> \d/)
  t.match(rows[4], /<inverse>▸2 {2}b {7}next .*<\/>/, "the selected row has no other colour")
  t.notMatch(rows[4]?.replace(/<dim>│<\/>/g, ""), /<(green|yellow|dim)>/)
  t.match(rows[5], /<yellow>draining/)
  t.match(rows[6], /<dim>d<\/> .*<dim>gone.*<dim>killed 2\ds/)
  t.notMatch(rows.join(""), /<red>/, "red is for the kill question and for errors")
})

t.test("a lease that runs down turns yellow, then magenta", async (t) => {
  const on = stage()
  on.press("down")
  on.source.fake.freeze("c-3")
  const lease = () =>
    screenOf(on)
      .split("\n")[5]
      ?.match(/<(green|yellow|magenta)>█+/)?.[1]
  const colours: unknown[] = []
  for (let second = 0; second < 6; second++) {
    await on.pass(1000)
    if (lease() !== colours.at(-1)) colours.push(lease())
  }
  t.strictSame(colours.filter(Boolean), ["green", "yellow", "magenta"])
})

t.test(
  "silent is magenta, the kill question and errors are red, a lost connection dims the table",
  async (t) => {
    const on = stage()
    on.press("down")
    on.source.fake.freeze("c-3")
    await on.pass(4000)
    t.match(screenOf(on), /<magenta>silent/)
    on.press("K")
    t.match(screenOf(on), /<red> Kill b with SIGKILL\?/)
    on.press("x")
    on.source.cut()
    await on.pass(1000)
    on.press("w")
    const rows = screenOf(on).split("\n")
    t.match(rows[0], /<magenta>○ disconnected 1s, retrying.*<magenta>STALE 1s/)
    t.match(rows[3], /<dim>.*ready/)
    t.notMatch(rows[3], /<green>/)
    t.match(rows.at(-2), /<red> not connected to/)
  },
)

t.test("the 16 colours of every terminal are enough, in each mode", async (t) => {
  const on = await demoStage()
  for (const keys of [["?"], ["x", "/", "b"], ["escape", "p"], ["z"]]) {
    on.press(...keys)
    t.ok(screenOf(on))
  }
})

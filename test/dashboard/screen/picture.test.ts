import t from "tap"
import { ASCII, UNICODE } from "../../../src/dashboard/drawing/glyphs.js"
import { cells, textOf } from "../../../src/dashboard/drawing/line.js"
import { picture } from "../../../src/dashboard/screen/picture.js"
import { matchesPicture } from "../picture-book.js"
import type { FakeOptions } from "../played/fake-source.js"
import { demoStage, NOON, type Stage, stage, THREE } from "../stage.js"

const SIZES: readonly [number, number][] = [
  [100, 30],
  [80, 24],
  [60, 16],
  [38, 8],
]

function pictures(t: Parameters<typeof matchesPicture>[0], name: string, { screen }: Stage) {
  for (const [columns, rows] of SIZES) {
    matchesPicture(t, `${name}-${columns}x${rows}`, screen(columns, rows))
  }
}

t.test("a pool whose leader was killed half a minute ago", async (t) => {
  const on = await demoStage()
  on.press("w", "t", "B")
  await on.pass(300)
  pictures(t, "pool", on)
  matchesPicture(t, "pool-60x40", on.screen(60, 40))
  matchesPicture(t, "pool-38x30", on.screen(38, 30))
  matchesPicture(t, "pool-140x45", on.screen(140, 45))
  matchesPicture(t, "ascii-100x30", on.screen(100, 30, ASCII))
})

t.test("the help, which comes from the keymap", async (t) => {
  const on = await demoStage()
  on.press("?")
  pictures(t, "help", on)
})

t.test("the question before a kill", async (t) => {
  const on = await demoStage()
  on.press("K")
  pictures(t, "kill-leader", on)
  on.press("x", "down", "K")
  matchesPicture(t, "kill-follower-100x30", on.screen(100, 30))
})

t.test("a filter while it is typed, and once it is kept", async (t) => {
  const on = await demoStage()
  on.press("/", ..."bor")
  pictures(t, "filter", on)
  on.press("enter")
  matchesPicture(t, "filtered-100x30", on.screen(100, 30))
  on.press("/", ..."zzz", "enter")
  matchesPicture(t, "filtered-nothing-100x30", on.screen(100, 30))
})

t.test("a paused screen", async (t) => {
  const on = await demoStage()
  on.press("p")
  await on.pass(12_000)
  on.press("n")
  await on.pass(2000)
  pictures(t, "paused", on)
})

t.test("a lost connection: the last known state, and nothing made up", async (t) => {
  const on = await demoStage()
  on.source.cut()
  await on.pass(12_000)
  pictures(t, "stale", on)
})

t.test("a frozen leader while its lease runs down, and the next one in its place", async (t) => {
  const on = await demoStage()
  on.press("z")
  await on.pass(1500)
  matchesPicture(t, "frozen-100x30", on.screen(100, 30))
  await on.pass(3000)
  matchesPicture(t, "frozen-succeeded-100x30", on.screen(100, 30))
  matchesPicture(t, "frozen-succeeded-60x16", on.screen(60, 16))
})

const CLUSTER: FakeOptions = {
  servers: ["n1", "n2", "n3"],
  members: [
    { name: "a", agoMs: 600_000, server: "n1" },
    { name: "b", agoMs: 599_000, server: "n2" },
    { name: "c", agoMs: 432_000, server: "n3" },
  ],
}

t.test(
  "the servers of a cluster: all up, one in lame duck, one killed, none with a majority",
  async (t) => {
    const on = stage(CLUSTER)
    await on.pass(1000)
    pictures(t, "servers", on)
    on.press("?")
    pictures(t, "servers-help", on)
    on.press("x", "tab", "down", "l")
    await on.pass(200)
    pictures(t, "servers-lame-duck", on)
    await on.pass(3000)
    on.press("up", "K")
    pictures(t, "servers-kill", on)
    on.press("y")
    await on.pass(1000)
    pictures(t, "servers-no-majority", on)
    on.press("E")
    pictures(t, "servers-empty", on)
  },
)

t.test(
  "servers that somebody else started are shown all the same, without keys for them",
  async (t) => {
    const on = stage({ ...CLUSTER, ownsServers: false })
    await on.pass(1000)
    matchesPicture(t, "servers-of-others-100x30", on.screen(100, 30))
  },
)

t.test("a pool without workers says what to do", async (t) => {
  const on = stage({ members: [] })
  await on.pass(1000)
  pictures(t, "empty", on)
})

t.test("a large pool scrolls around the selected worker", async (t) => {
  const members = Array.from({ length: 500 }, (_, n) => ({
    name: `worker-${n + 1}`,
    host: `host-${n % 7}`,
    agoMs: 900_000 - n * 1000,
  }))
  const on = stage({ members })
  await on.pass(1000)
  on.press(...Array<string>(250).fill("down"))
  pictures(t, "large", on)
})

t.test(
  "long names are cut in the middle, and terms of any length leave room for the rest",
  async (t) => {
    const on = stage({
      members: [
        { name: "a-worker-with-quite-a-long-name-17", agoMs: 5000 },
        {
          name: "another-one-that-is-even-longer-than-that-18",
          agoMs: 4000,
          host: "a.host.example.org",
        },
      ],
    })
    await on.pass(1000)
    pictures(t, "names", on)
  },
)

t.test("every size from the smallest on is filled to the last cell, in every mode", async (t) => {
  const on = await demoStage()
  const modes: string[][] = [[], ["?"], ["x", "K"], ["n", "/", "b"], ["escape", "p"]]
  const cluster = stage({ ...THREE, servers: ["n1", "a-server-with-a-long-name", "n3"] })
  const clustered: string[][] = [["tab", "down"]]
  const scenes = [...modes.map((keys) => [on, keys]), ...clustered.map((keys) => [cluster, keys])]
  for (const [on, keys] of scenes as [Stage, string[]][]) {
    on.press(...keys)
    for (let columns = 36; columns <= 200; columns += 9) {
      for (let rows = 6; rows <= 60; rows += 4) {
        const lines = picture(on.store.snapshot(), { columns, rows }, UNICODE)
        const widths = new Set(lines.map((line) => cells(textOf(line))))
        if (lines.length === rows && widths.size === 1 && widths.has(columns)) continue
        t.fail(`${columns}x${rows} after ${keys.join(" ")}: ${lines.length} rows of ${[...widths]}`)
      }
    }
  }
  t.pass("all sizes")
})

t.test("too small a terminal says what is needed, in one line", async (t) => {
  const on = stage()
  t.match(on.screen(30, 5), /^pool needs 36x6, this is 30x5 *\n( *\n){4}$/)
  t.match(on.screen(200, 5), /^pool needs 36x6, this is 200x5 /)
  t.match(on.screen(10, 1), /^pool needs\n$/)
})

t.test("frames and columns stay where they are while figures tick", async (t) => {
  const on = await demoStage()
  const skeleton = () =>
    on
      .screen(100, 30)
      .replace(/[^│╭╮╰╯─\n]/g, " ")
      .replace(/ ─ /g, "   ")
  const columns = () => on.screen(100, 30).split("\n")[2]
  const before = [skeleton(), columns()]
  for (let second = 0; second < 20; second++) {
    await on.pass(1000)
    t.strictSame([skeleton(), columns()], before)
  }
  t.ok(on.store.snapshot().at.wallMs > NOON)
})

t.test("a pool of 500 takes as much drawing as one of 50", async (t) => {
  const glyphsUsed = (size: number) => {
    const members = Array.from({ length: size }, (_, n) => ({ name: "w", agoMs: 1e6 - n }))
    let count = 0
    const counting = new Proxy(UNICODE, {
      get: (glyphs, name) => {
        count++
        return Reflect.get(glyphs, name)
      },
    })
    stage({ members }).screen(100, 30, counting)
    return count
  }
  t.ok(glyphsUsed(50) > glyphsUsed(3), "each row takes some")
  t.equal(glyphsUsed(500), glyphsUsed(50))
})

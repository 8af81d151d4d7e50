import t from "tap"
import { bar, leaseStyle, sparkline } from "../../../src/dashboard/drawing/bars.js"
import { beside, framed } from "../../../src/dashboard/drawing/frame.js"
import { ASCII, glyphsFor, UNICODE } from "../../../src/dashboard/drawing/glyphs.js"
import {
  cells,
  cut,
  fitted,
  line,
  span,
  spread,
  textOf,
} from "../../../src/dashboard/drawing/line.js"

t.test("nothing that steers a terminal gets through", async (t) => {
  t.equal(span("a\x1b[2Jb\r\n\u202ec\x9b").text, "a?[2Jb???c?")
  t.equal(span("worker-1 █░ ü 日本").text, "worker-1 █░ ü 日本")
})

t.test("cells are counted as a terminal does", async (t) => {
  t.equal(cells("worker"), 6)
  t.equal(cells("█░╭─▸●…"), 7)
  t.equal(cells("日本"), 4)
})

t.test("a line is cut or filled up to exactly its width", async (t) => {
  const spans = [span("abc", "bold"), span("def")]
  t.equal(textOf(fitted(spans, 8)), "abcdef  ")
  t.strictSame(fitted(spans, 4), [span("abc", "bold"), span("d")])
  t.equal(textOf(fitted([span("日本")], 3)), "日 ")
  t.equal(cut("日本", 3), "日")
})

t.test("two ends of a line; the right one stays whole", async (t) => {
  t.equal(textOf(spread([span("left")], [span("right")], 12)), "left   right")
  t.equal(textOf(spread([span("left")], [span("right")], 7)), "leright")
  t.equal(textOf(spread([span("left")], [span("right")], 3)), "rig")
})

t.test("a bar shows anything above nothing, and is full at one", async (t) => {
  const drawn = (share: number) => textOf(bar(share, 6, UNICODE, "good"))
  t.equal(drawn(0), "░░░░░░")
  t.equal(drawn(0.01), "█░░░░░")
  t.equal(drawn(0.5), "███░░░")
  t.equal(drawn(1), "██████")
  t.equal(drawn(7), "██████")
  t.equal(textOf(bar(0.5, 6, ASCII, "good")), "###---")
})

t.test("a lease is good, then half gone, then nearly over", async (t) => {
  t.equal(leaseStyle(0.5), "good")
  t.equal(leaseStyle(0.49), "warn")
  t.equal(leaseStyle(0.25), "warn")
  t.equal(leaseStyle(0.24), "late")
})

t.test("a sparkline stands at the right, and shows whatever is above nothing", async (t) => {
  t.equal(sparkline([0, 0.1, 4, 8], 6, 8, UNICODE), "  ▁▂▅█")
  t.equal(sparkline([1, 2, 3], 2, 3, UNICODE), "▆█")
  t.equal(sparkline([0, 0], 2, 0, UNICODE), "▁▁")
  t.equal(sparkline([0, 4, 8], 3, 8, ASCII), " =#")
})

t.test("a panel has a title, a remark, and exactly its size", async (t) => {
  const panel = { title: "Work", remark: "7/s", width: 18, height: 4 }
  t.strictSame(framed(panel, [line("a line too long to fit")], UNICODE).map(textOf), [
    "╭─ Work ─── 7/s ─╮",
    "│a line too long │",
    "│                │",
    "╰────────────────╯",
  ])
  t.equal(textOf(framed({ ...panel, width: 12 }, [], ASCII)[0] ?? []), "+- Work ---+")
})

t.test("panels stand side by side", async (t) => {
  t.strictSame(beside([line("a"), line("b")], [line("1"), line("2")]).map(textOf), ["a1", "b2"])
})

t.test("ASCII on the Linux console and without a UTF-8 locale", async (t) => {
  t.equal(glyphsFor({ LANG: "de_DE.UTF-8" }), UNICODE)
  t.equal(glyphsFor({ LANG: "C.utf8" }), UNICODE)
  t.equal(glyphsFor({ LANG: "en_US.UTF-8", LC_ALL: "C" }), ASCII)
  t.equal(glyphsFor({ LANG: "en_US.UTF-8", TERM: "linux" }), ASCII)
  t.equal(glyphsFor({}), ASCII)
})

t.test("the ASCII set is ASCII, and neither set has anything wider than a cell", async (t) => {
  const all = (glyphs: object): string =>
    Object.values(glyphs)
      .map((glyph) => (typeof glyph === "string" ? glyph : all(glyph)))
      .join("")
  t.match(all(ASCII), /^[ -~]+$/)
  for (const glyph of all(UNICODE)) t.equal(cells(glyph), 1, glyph)
})

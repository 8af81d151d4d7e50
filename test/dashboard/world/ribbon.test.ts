import t from "tap"
import { ribbon } from "../../../src/dashboard/world/ribbon.js"
import { at, CAUGHT_UP, claimed, told } from "./make.js"

/** Ten cells of half a minute each; the first second of `at` is a cell's beginning. */
const WIDTH = 10

t.test("a letter a cell, the newest at the right, blank before anybody watched", async (t) => {
  const since = new Date(at(-70).wallMs).toISOString()
  const { reigns } = told([0, claimed("anna", 1, { since })], [0, CAUGHT_UP])
  t.equal(ribbon(reigns, at(1).monoMs, WIDTH), "      aaaa")
})

t.test("a moment without a leader shows, however short it was", async (t) => {
  const { reigns } = told(
    [0, claimed("a", 1, { since: new Date(at(0).wallMs).toISOString() })],
    [0, CAUGHT_UP],
    [40, { kind: "claim", standing: undefined }],
    [40.011, claimed("b", 2)],
  )
  t.equal(ribbon(reigns, at(41).monoMs, WIDTH), "        a.")
  t.equal(
    ribbon({ ...reigns, renewedMonoMs: at(75).monoMs }, at(75).monoMs, WIDTH),
    "       a.b",
    "it moves a whole cell at a time",
  )
})

t.test("a hand-over without a gap has no dot", async (t) => {
  const { reigns } = told([0, claimed("a", 1)], [0, CAUGHT_UP], [1, claimed("b", 2)])
  t.equal(ribbon(reigns, at(1.5).monoMs, WIDTH).at(-1), "b")
})

t.test("dots go on while nobody leads, also when a lease merely ran out", async (t) => {
  const since = new Date(at(0).wallMs).toISOString()
  const { reigns } = told([0, claimed("a", 1, { since })], [0, CAUGHT_UP])
  t.equal(ribbon(reigns, at(65).monoMs, WIDTH), "       ...")
})

t.test("names that begin alike are told apart by the first letter that differs", async (t) => {
  const { reigns } = told(
    [0, claimed("worker-1", 1, { since: new Date(at(0).wallMs).toISOString() })],
    [0, CAUGHT_UP],
    [31, claimed("worker-2", 2)],
  )
  const shown = ribbon({ ...reigns, renewedMonoMs: at(61).monoMs }, at(61).monoMs, WIDTH)
  t.match(shown, /^ +[.1]\.?2$/)
})

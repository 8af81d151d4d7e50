import t from "tap"
import { atJobs, pressed, settled, UNTOUCHED } from "../../../src/dashboard/keys/ui.js"

const at = { monoMs: 1_000, wallMs: 1_000 }
const members = (...ids: string[]) => ({ ids, jobs: [] })
const sceneOf = (...ids: string[]) => ({ ...members(...ids), servers: [], at, pool: {} as never })

t.test(
  "until a key is pressed the first row is selected, in whatever order they come",
  async (t) => {
    const first = settled(UNTOUCHED, members("b"))
    t.equal(first.selected, "b")
    const both = settled(first, members("a", "b"))
    t.match(both, { selected: "a", index: 0 })
    t.equal(settled(both, members("a", "b")), both, "nothing to paint anew")
  },
)

t.test("from then on the selection follows who it is", async (t) => {
  const ui = settled(UNTOUCHED, members("b"))
  const touched = pressed(ui, "w", sceneOf("b")).ui
  t.match(settled(touched, members("a", "b")), { selected: "b", index: 1 })
})

t.test("so it is on the page of jobs", async (t) => {
  const rows = (...jobs: string[]) => ({ ids: [], jobs })
  const page = settled(atJobs(UNTOUCHED), rows("later"))
  const more = settled(page, rows("queue", "later"))
  t.match(more.jobs, { selected: "queue", index: 0 })
  const touched = pressed(page, "w", sceneOf()).ui
  t.match(settled(touched, rows("queue", "later")).jobs, { selected: "later", index: 1 })
})

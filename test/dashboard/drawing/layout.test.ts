import t from "tap"
import { layoutFor } from "../../../src/dashboard/drawing/layout.js"
import { columnsFor } from "../../../src/dashboard/panels/columns.js"

const three = { members: 3, longestName: 1, longestHost: 6, hasHosts: true }

t.test("each size has its layout", async (t) => {
  const kind = (columns: number, rows: number) => layoutFor({ columns, rows }, 3).kind
  t.equal(kind(100, 30), "large")
  t.equal(kind(80, 24), "large")
  t.equal(kind(78, 20), "large")
  t.equal(kind(77, 20), "medium")
  t.equal(kind(78, 19), "medium")
  t.equal(kind(60, 16), "medium")
  t.equal(kind(50, 12), "medium")
  t.equal(kind(60, 11), "small")
  t.equal(kind(49, 40), "small")
  t.equal(kind(36, 6), "small")
  t.equal(kind(35, 6), "none")
  t.equal(kind(36, 5), "none")
})

t.test("the rows of the panels add up to the height, and none is without room", async (t) => {
  for (let rows = 6; rows <= 100; rows++) {
    for (const [columns, fixed] of [
      [100, 13],
      [60, 9],
      [40, 3],
    ] as const) {
      const { kind, members, events, story } = layoutFor({ columns, rows }, 3)
      const extra = { large: 13, medium: 9, small: 3, none: 0 }[kind]
      t.equal(members + events + story + extra, rows, `${columns}x${rows}, ${kind}, ${fixed}`)
      t.ok(members >= 3, `${rows} rows`)
    }
  }
})

t.test("figures change no layout; only a pool too large for its table makes it grow", async (t) => {
  const rows = (members: number) => layoutFor({ columns: 100, rows: 30 }, members).members
  t.equal(rows(0), 6)
  t.equal(rows(6), 6)
  t.equal(rows(7), 7)
  t.equal(rows(500), 8)
  t.equal(layoutFor({ columns: 100, rows: 60 }, 500).members, 23)
})

t.test("all twelve columns take exactly the inside of a hundred", async (t) => {
  const columns = columnsFor(97, three)
  t.strictSame(
    columns.map(({ name }) => name),
    "# NAME ROLE STARTED UPTIME HOST PID STATE DONE BUSY P50 LEASE".split(" "),
  )
  t.equal(
    columns.reduce((sum, { width }) => sum + width + 2, -2),
    97,
  )
})

t.test("columns go in the order of their worth", async (t) => {
  const left: string[] = []
  let before = columnsFor(97, three).map(({ name }) => name)
  for (let width = 96; width >= 34; width--) {
    const now = columnsFor(width, three).map(({ name }) => name)
    left.push(...before.filter((name) => !now.includes(name)))
    before = now
  }
  const worth = ["HOST", "P50", "BUSY", "STARTED", "PID", "DONE", "UPTIME"]
  t.strictSame([...new Set(left)], worth, "UPTIME comes back once, in the place of the lease's bar")
  t.strictSame(before, ["#", "NAME", "ROLE", "STATE", "LEASE"])
})

t.test("one host for all needs no column", async (t) => {
  const names = columnsFor(97, { ...three, hasHosts: false }).map(({ name }) => name)
  t.notOk(names.includes("HOST"))
})

t.test("servers have a table of their own where there is room, and a line elsewhere", async (t) => {
  const taken = (columns: number, rows: number, servers: number) =>
    layoutFor({ columns, rows }, 3, servers).servers
  t.equal(taken(100, 30, 3), 6)
  t.equal(taken(100, 30, 5), 8)
  t.equal(taken(80, 24, 3), 1)
  t.equal(taken(60, 16, 3), 1)
  t.equal(taken(38, 8, 3), 1)
  for (const [columns, rows] of [
    [100, 30],
    [80, 24],
    [60, 16],
    [38, 8],
  ] as const) {
    t.equal(taken(columns, rows, 0), 0, "nothing changes where there is one server")
    const { members, events, story, servers, kind } = layoutFor({ columns, rows }, 3, 3)
    const extra = { large: 13, medium: 9, small: 3, none: 0 }[kind]
    t.equal(members + events + story + servers + extra, rows, `${columns}x${rows}`)
  }
})

t.test("which server a worker is on shows at every width, where there are several", async (t) => {
  for (let width = 36; width <= 240; width++) {
    const columns = columnsFor(width, { ...three, hasHosts: false, longestServer: 2 })
    const names = columns.map(({ name }) => name)
    t.ok(names.includes("SERVER"), `${width}: ${names}`)
    t.ok(columns.reduce((sum, column) => sum + column.width + 2, -2) <= width, `${width}`)
  }
})

t.test("no width is too small, and none is exceeded", async (t) => {
  for (let width = 34; width <= 240; width++) {
    for (const longestName of [1, 9, 64]) {
      const columns = columnsFor(width, { ...three, members: 500, longestName })
      const total = columns.reduce((sum, column) => sum + column.width + 2, -2)
      t.ok(total <= width, `${total} of ${width}`)
    }
  }
})

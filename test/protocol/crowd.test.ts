import t from "tap"
import {
  beatMsOf,
  crowdOf,
  isAttentive,
  isCrowd,
  SIZES,
  silenceMsOf,
} from "../../src/protocol/crowd.js"

const crowd = { members: 1000, silence: 2000 }
const heirs = [{ id: "b" }]

t.test("eighty members are a crowd, and it stays one until there are fewer than 64", async (t) => {
  const lease = 2000
  const said = { silence: lease, beat: 2 * lease }
  t.equal(crowdOf(79, lease, SIZES, undefined), undefined)
  t.strictSame(crowdOf(80, lease, SIZES, undefined), { members: 80, ...said })
  t.strictSame(crowdOf(64, lease, SIZES, crowd), { members: 64, ...said })
  t.equal(crowdOf(63, lease, SIZES, crowd), undefined)
})

t.test(
  "in a crowd the heirs hear of each renewal, and about as many others as are wanted",
  async (t) => {
    t.ok(isAttentive({ heirs, crowd }, "b", 0.9, 32), "an heir")
    t.ok(isAttentive({ heirs, crowd }, "x", 0.031, 32), "drawn")
    t.notOk(isAttentive({ heirs, crowd }, "x", 0.033, 32))
    t.ok(
      isAttentive({ heirs, crowd: { ...crowd, members: 30 } }, "x", 0.99, 32),
      "few are all drawn",
    )
    t.ok(isAttentive({ heirs: [] }, "x", 0.99, 32), "where all are told of all")
  },
)

t.test("nobody keeps quiet for longer than a lease, whatever a claim says", async (t) => {
  t.equal(silenceMsOf({}, 2000), 0)
  t.equal(silenceMsOf({ crowd }, 2000), 2000)
  t.equal(silenceMsOf({ crowd: { ...crowd, silence: 1e9 } }, 2000), 2000)
})

t.test(
  "an entry that nobody counts on is renewed every other lease, and never later",
  async (t) => {
    t.equal(beatMsOf({}, 2000), undefined)
    t.equal(beatMsOf({ crowd }, 2000), undefined, "a version that does not say so")
    t.equal(beatMsOf({ crowd: { ...crowd, beat: 4000 } }, 2000), 4000)
    t.equal(beatMsOf({ crowd: { ...crowd, beat: 1e9 } }, 2000), 4000)
    for (const beat of [0, -1, 500, "long", Number.NaN]) {
      t.equal(beatMsOf({ crowd: { ...crowd, beat } as never }, 2000), undefined, `${beat}`)
    }
  },
)

t.test("what is no crowd is none", async (t) => {
  t.ok(isCrowd({ ...crowd, of: "a later version" }))
  for (const it of [undefined, null, 7, {}, { members: 1000 }, { ...crowd, silence: "long" }]) {
    t.notOk(isCrowd(it))
  }
})

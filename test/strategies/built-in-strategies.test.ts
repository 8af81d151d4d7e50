import t from "tap"
import type { Member } from "../../src/protocol/member.js"
import {
  apartFrom,
  oldest,
  preferring,
  strategyOf,
  weight,
} from "../../src/strategies/built-in-strategies.js"
import { rankingOf } from "../../src/strategies/ranking.js"
import type { Strategy, Surroundings } from "../../src/strategies/strategy.js"
import { member } from "../fixtures/members.js"

const names = (members: readonly Member[]) => members.map(({ name }) => name).join(" ")

function rank(strategy: Strategy, members: readonly Member[], around?: Surroundings) {
  const ranking = rankingOf(strategy, members, members[0] as Member, around)
  return {
    ...ranking,
    names: names(ranking.line),
    because: (name: string) =>
      ranking.why(ranking.line.find((found) => found.name === name) as Member),
  }
}

const leaderOn = (host: string): Surroundings => ({
  leaders: new Map([["thumbnails", { name: "z", host }]]),
})

t.test("oldest puts the longest running first, and says which one each is", async (t) => {
  const [a, b, c] = [member("a"), member("b"), member("c")]
  const ranking = rank(oldest, [c, a, b])
  t.equal(ranking.names, "a b c")
  t.equal(ranking.because("a"), "oldest of 3")
  t.equal(ranking.because("c"), "3rd oldest of 3")
})

t.test("weight puts the largest first, and the older of two equals", async (t) => {
  const members = [member("a"), member("b", { weight: 8 }), member("c", { weight: 8 })]
  const ranking = rank(weight, members)
  t.equal(ranking.names, "b c a")
  t.equal(ranking.because("b"), "weight 8, heaviest of 3")
  t.equal(ranking.because("a"), "weight 1, 3rd heaviest of 3")
})

t.test("apart-from puts those on the other leader's host last", async (t) => {
  const members = [member("a", { host: "h1" }), member("b", { host: "h2" }), member("c")]
  const ranking = rank(apartFrom("thumbnails"), members, leaderOn("h1"))
  t.equal(ranking.names, "b c a")
  t.equal(ranking.strategy, "apart-from thumbnails")
  t.match(ranking.because("b"), "2nd oldest of 3; not on h1 with the leader of thumbnails")
  t.match(ranking.because("a"), /^shares h1 with the leader of thumbnails/)
})

t.test("apart-from still has a leader when there is one host only", async (t) => {
  const members = [member("a", { host: "h1" }), member("b", { host: "h1" })]
  const ranking = rank(apartFrom("thumbnails"), members, leaderOn("h1"))
  t.equal(ranking.names, "a b")
  t.match(ranking.because("a"), /the only host$/)
})

t.test("apart-from avoids nothing when nobody leads the other pool", async (t) => {
  const ranking = rank(apartFrom("thumbnails"), [member("a"), member("b")])
  t.equal(ranking.names, "a b")
  t.equal(ranking.because("a"), "oldest of 2; thumbnails has no leader")
})

t.test("apart-from says of which pools it wants to know, those of its next included", async (t) => {
  t.strictSame(apartFrom("x", apartFrom("y")).heeds, ["x", "y"])
  t.strictSame(preferring({ zone: "a" }, apartFrom("x")).heeds, ["x"])
  t.equal(preferring({ zone: "a" }).heeds, undefined)
})

t.test("preferring puts those with more of the labels first, then goes by the next", async (t) => {
  const members = [
    member("a"),
    member("b", { labels: { zone: "a" } }),
    member("c", { labels: { zone: "a" }, weight: 2 }),
    member("d", { labels: { zone: "a", disk: "ssd" } }),
  ]
  const ranking = rank(preferring({ zone: "a", disk: "ssd" }, weight), members)
  t.equal(ranking.names, "d c b a")
  t.equal(ranking.strategy, "prefer zone=a disk=ssd, then weight")
  t.match(ranking.because("c"), /^zone=a; weight 2/)
  t.match(ranking.because("a"), /^not zone=a disk=ssd; /)
})

t.test("a function of the user's ranks, under its own name", async (t) => {
  const youngest = (members: readonly Member[]) => [...members].sort((a, b) => b.start - a.start)
  const ranking = rank(strategyOf(youngest), [member("a"), member("b")])
  t.equal(ranking.names, "b a")
  t.equal(ranking.strategy, "youngest")
  t.equal(ranking.because("a"), "2nd of 2 by youngest")
})

import t from "tap"
import type { Member } from "../src/member.js"
import { rankingOf } from "../src/ranking.js"
import { apartFrom, preferring, strategyOf, weight } from "../src/strategies.js"
import { oldest, type Strategy, type Surroundings } from "../src/succession.js"
import { HOSTILE } from "./fixtures/hostile.js"
import { member } from "./fixtures/members.js"

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

t.test("who is left out comes last, by age, so that a leader is always found", async (t) => {
  const members = [member("a"), member("b"), member("c")]
  const ranking = rank(
    strategyOf((all) => all.filter(({ name }) => name === "c")),
    members,
  )
  t.equal(ranking.names, "c a b")
})

t.test("a strategy that can't be used falls back to oldest, and the reason says so", async (t) => {
  const members = [member("a"), member("b")]
  const bad: Record<string, [(all: readonly Member[]) => unknown, RegExp]> = {
    throws: [
      () => {
        throw new Error("no\nidea")
      },
      /strategy bad threw: no idea/,
    ],
    "returns a stranger": [(all) => [...all, member("x")], /returned a stranger/],
    "returns holes": [() => [undefined], /returned a stranger/],
    "returns one twice": [(all) => [all[0], all[0]], /returned a twice/],
    "returns nothing": [() => undefined, /returned nothing, not an array/],
    "returns a number": [() => 3, /returned a number, not an array/],
    "is asynchronous": [async (all) => all, /returned a promise, not an array/],
    "changes what it got": [
      (all) => {
        ;(all as Member[]).length = 0
        return 1
      },
      /returned a number/,
    ],
  }
  for (const [what, [fn, problem]] of Object.entries(bad)) {
    const strategy: Strategy = { ...oldest, name: "bad", rank: fn as Strategy["rank"] }
    const ranking = rank(strategy, members)
    t.equal(ranking.names, "a b", `one that ${what}`)
    t.equal(ranking.strategy, "oldest")
    t.match(ranking.problem, problem)
    t.match(ranking.because("a"), /^oldest of 2 \(strategy bad /)
  }
})

t.test("a strategy that fails in its reasons is as bad", async (t) => {
  const why = () => {
    throw new Error("speechless")
  }
  const ranking = rank({ ...weight, why }, [member("a"), member("b", { weight: 2 })])
  t.equal(ranking.names, "a b")
  t.match(ranking.problem, /threw: speechless/)
})

t.test("a reason of any length fits into the claim", async (t) => {
  const ranking = rank({ ...oldest, why: () => "x\n".repeat(10_000) }, [member("a")])
  t.equal(ranking.because("a").length, 200)
})

t.test("whatever a strategy throws or returns, now or later, somebody comes first", async (t) => {
  const members = [member("a"), member("b")]
  for (const [name, made] of Object.entries(HOSTILE)) {
    const fails = () => {
      throw made()
    }
    const rejects = async () => fails()
    const all = [fails, rejects, made, () => [made()], () => Array(1e9), async () => made()]
    for (const [n, rank] of all.entries()) {
      const own = { ...oldest, name: "bad", rank: rank as Strategy["rank"] }
      for (const strategy of [own, preferring({ zone: "x" }, own), apartFrom("other", own)]) {
        const ranking = rankingOf(strategy, members, members[0] as Member)
        t.equal(names(ranking.line), "a b", `${name}, ${n}`)
        t.match(
          ranking.problem,
          /^strategy .*bad (threw|returned) ?\P{Cc}{0,210}$/u,
          `${name}, ${n}`,
        )
        t.match(ranking.why(ranking.line[0] as Member), /^oldest of 2 \(strategy /)
      }
    }
    for (const why of [fails, rejects, made] as unknown as Strategy["why"][]) {
      const own = { ...oldest, name: "bad", why }
      for (const strategy of [own, preferring({ zone: "x" }, own), apartFrom("other", own)]) {
        const ranking = rankingOf(strategy, members, members[0] as Member)
        t.equal(names(ranking.line), "a b", name)
        for (const one of ranking.line) t.type(ranking.why(one), "string", name)
      }
    }
    const nameless = Object.defineProperty({ ...oldest, rank: fails }, "name", { get: fails })
    t.match(rankingOf(nameless, members, members[0] as Member).problem, /^strategy custom threw/)
  }
})

t.test("a strategy that changes the members it is shown changes nobody", async (t) => {
  const members = [member("a"), member("b")]
  const spoil = (all: readonly Member[], self: Member) => {
    for (const one of [...all, self]) {
      Object.assign(one.labels, { zone: "x" })
      Object.assign(one, { id: "x", weight: 9 })
    }
  }
  const rank = (all: readonly Member[], self: Member) => {
    const line = all.map((one) => ({ ...one }))
    spoil(all, self)
    return line
  }
  const why = (one: Member, line: readonly Member[]) => {
    spoil(line, one)
    return "mine"
  }
  const before = structuredClone(members)
  const ranking = rankingOf({ ...oldest, rank, why }, members, members[0] as Member)
  t.equal(ranking.problem, undefined)
  t.equal(names(ranking.line), "a b")
  t.strictSame(members, before)
})

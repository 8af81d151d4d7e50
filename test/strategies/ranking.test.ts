import t from "tap"
import type { Member } from "../../src/protocol/member.js"
import {
  apartFrom,
  oldest,
  preferring,
  strategyOf,
  weight,
} from "../../src/strategies/built-in-strategies.js"
import { freshFirst, nameOf, rankingOf } from "../../src/strategies/ranking.js"
import type { Strategy } from "../../src/strategies/strategy.js"
import { HOSTILE } from "../fixtures/hostile.js"
import { member } from "../fixtures/members.js"

const names = (members: readonly Member[]) => members.map(({ name }) => name).join(" ")

function rank(strategy: Strategy, members: readonly Member[]) {
  const ranking = rankingOf(strategy, members, members[0] as Member)
  return {
    ...ranking,
    names: names(ranking.line),
    because: (name: string) =>
      ranking.why(ranking.line.find((found) => found.name === name) as Member),
  }
}

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

t.test("so does a name of any length, be it one that fails", async (t) => {
  const name = "n".repeat(10_000)
  const fails = () => {
    throw new Error("no idea")
  }
  for (const rankFunction of [(all: readonly Member[]) => [...all], fails]) {
    const strategy = { name, rank: rankFunction, why: () => "so" }
    for (const it of [strategy, apartFrom("mail", strategy)]) {
      const ranking = rank(it, [member("a")])
      t.ok(nameOf(it).length < 200)
      t.ok(ranking.strategy.length < 200)
      t.ok(ranking.because("a").length < 1000)
    }
  }
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

t.test("each reason is asked for once, of all in their order, before any is used", async (t) => {
  const members = [member("a"), member("b"), member("c")]
  const asked: string[] = []
  const why = (one: Member, line: readonly Member[]) => {
    asked.push(`${one.name} of ${names(line)}`)
    return `${one.name}\n first`
  }
  const ranking = rank({ ...weight, why }, members)
  t.strictSame(asked, ["a of a b c", "b of a b c", "c of a b c"])
  t.equal(ranking.because("b"), "b first")
  t.equal(ranking.why(member("x")), "not in the line")
  t.equal(ranking.problem, undefined)
  t.equal(asked.length, 3)
})

t.test("who is late stands behind the others, in the order they had among them", async (t) => {
  const members = ["a", "b", "c", "d", "e"].map((name) => member(name))
  const [a, b, c, d, e] = members as [Member, Member, Member, Member, Member]
  const ranking = rankingOf(oldest, members, a)
  const isLate = (one: Member) => one === a || one === c
  const fresh = freshFirst(ranking, isLate)
  t.equal(names(fresh.line), "b d e a c")
  t.equal(fresh.why(b), "2nd oldest of 5 (a is silent)")
  t.equal(fresh.why(d), "4th oldest of 5 (a, c are silent)")
  t.equal(fresh.why(a), "silent; oldest of 5")
  t.equal(fresh.strategy, "oldest")
  const last = freshFirst(ranking, (one) => one === e)
  t.equal(names(last.line), "a b c d e")
  t.equal(last.why(a), "oldest of 5", "who passed nobody owes it to no silence")
  t.equal(
    freshFirst(ranking, () => false),
    ranking,
  )
  t.equal(names(freshFirst(ranking, () => true).line), "a b c d e", "somebody comes first")
})

t.test("a reason that names the silent fits into the claim as well", async (t) => {
  const members = Array.from({ length: 100 }, (_, n) => member(`member-${n}`))
  const fresh = freshFirst(rankingOf(oldest, members, members[0] as Member), (one) =>
    members.slice(0, 99).includes(one),
  )
  t.equal(fresh.line[0], members[99])
  t.equal(fresh.why(members[99] as Member).length, 200)
})

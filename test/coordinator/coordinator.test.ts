import t, { type Test } from "tap"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import { Troubles } from "../../src/contracts/troubles.js"
import { Coordinator } from "../../src/coordinator/coordinator.js"
import type { CoordinatorOptions, Duties } from "../../src/coordinator/coordinator-options.js"
import { timingsOf } from "../../src/lease/timings.js"
import {
  decodeAnnouncement,
  encodeAnnouncement,
  encodeWord,
  endOf,
  type StandingClaim,
} from "../../src/protocol/claim.js"
import { CLAIM_KEY, namesOf } from "../../src/protocol/names.js"
import { oldest } from "../../src/strategies/built-in-strategies.js"
import type { Clock } from "../../src/time/clock.js"
import { claimOf } from "../fixtures/election.js"
import { FlawedBucket } from "../fixtures/flawed-bucket.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"
import { member } from "../fixtures/members.js"

const timings = timingsOf({ leaseMs: 2000 })
const names = namesOf("work")

interface Given extends Partial<Omit<CoordinatorOptions, "duties" | "context">> {
  readonly clock?: Clock
  readonly duties?: Partial<Duties>
}

/** One pool in memory; each member has the coordinator, and notes what becomes of its seat. */
function pool(t: Test) {
  const clock = new ManualClock()
  const bucket = new FlawedBucket(clock, timings.memberTtlMs)
  const bus = new MemoryBus({ clock })
  const members: Coordinator[] = []
  /** What the seats were told, in order. */
  const told: string[] = []
  const claims: string[] = []
  const reports: string[] = []

  function add(name: string, given: Given = {}) {
    const { key, start, ...portrait } = member(name)
    const tell = (what: string) => told.push(`${name} ${what}`)
    let woundDown: () => void = () => {}
    const duties: Duties = {
      prepare: () => tell("prepares"),
      abandon: () => tell("abandons"),
      begin: ({ term, signal }) => {
        tell("begins")
        signal.addEventListener("abort", () => tell(`ends ${term}: ${signal.reason.reason}`))
      },
      takeUp: () => tell("takes up"),
      windDown: () => {
        tell("winds down")
        return new Promise((resolve) => {
          woundDown = resolve
        })
      },
      close: () => tell("closes"),
      layDown: () => tell("lays down"),
      lapse: () => tell("lapses"),
      ...given.duties,
    }
    const connection = bus.connect(name)
    const broken: unknown[] = []
    let nonces = 0
    const coordinator = new Coordinator({
      context: {
        ...{ bucket, bus: connection, names, clock: given.clock ?? clock, timings },
        random: () => 0,
        troubles: new Troubles(clock, (problem) => reports.push(`${name}: ${problem}`)),
      },
      strategy: oldest,
      portrait: () => portrait,
      nonce: () => `${name}-${++nonces}`,
      onClaim: ({ claim }, isOwn) => claims.push(`${name} hears ${isOwn ? "itself" : claim.name}`),
      onBroken: (error) => broken.push(error),
      ...given,
      duties,
    })
    members.push(coordinator)
    return { coordinator, connection, broken, portrait, finish: () => woundDown() }
  }

  /** Joins, and lets it come to rest. */
  async function join(name: string, given?: Given) {
    const added = add(name, given)
    await Promise.all([added.coordinator.join(), clock.pass(timings.leaseMs / 2)])
    return added
  }

  t.teardown(async () => {
    for (const each of members) {
      each.connection(false)
      each.membership.leave()
    }
  })
  return { ...{ clock, bucket, bus, told, claims, reports, add, join } }
}

t.test("who joins alone leads, and is told so by its seat after it prepared", async (t) => {
  const { told, claims, join } = pool(t)
  const { coordinator } = await join("a")
  t.strictSame(told, ["a prepares", "a begins", "a takes up"])
  t.ok(coordinator.leads())
  const { leadership, standing } = coordinator
  t.equal(leadership?.term, standing?.claim.term)
  t.equal(standing?.claim.name, "a")
  t.strictSame(new Set(claims), new Set(["a hears itself"]))
})

t.test("it may take work once its entry is written, before the server knows all", async (t) => {
  const { bucket, add, clock } = pool(t)
  const { coordinator, connection } = add("a")
  const order: string[] = []
  const { flush } = connection
  connection.flush = () => {
    order.push("flushed")
    return flush.call(connection)
  }
  const { write } = bucket
  bucket.write = (key, value, over) => {
    if (order.length === 0 && key !== CLAIM_KEY) order.push("entry")
    return write.call(bucket, key, value, over)
  }
  await Promise.all([coordinator.join(() => order.push("open")), clock.pass(100)])
  t.strictSame([...new Set(order)], ["entry", "open", "flushed"])
})

t.test("a join that fails leaves nothing behind", async (t) => {
  const { add, bus, clock, told } = pool(t)
  const { coordinator, connection } = add("a")
  connection.flush = () => Promise.reject(new Error("not today"))
  await t.rejects(coordinator.join(), { message: "not today" })
  await settled()
  t.equal(clock.alarms, 0)
  const asked = bus.connect().request(names.claim, "", { timeout: 10 })
  const error = await asked.catch((error) => error)
  t.match(error.cause, { name: "NoResponders" }, "it hears no announcements any more")
  t.notOk(coordinator.leads())
  t.strictSame(told, [])
})

t.test("who leaves while it joins has not joined", async (t) => {
  const { add, clock, told } = pool(t)
  const { coordinator } = add("a")
  const joined = t.rejects(coordinator.join(), { message: "left before it had joined" })
  await coordinator.leave("stopping")
  await clock.pass(10)
  await joined
  await clock.pass(60_000)
  t.strictSame(told, [])
  t.equal(clock.alarms, 0)
})

t.test("a seat is given up in order: wound down, handed on, and only then taken", async (t) => {
  const { clock, told, join, claims } = pool(t)
  const a = await join("a")
  const b = await join("b")
  claims.length = 0
  told.length = 0
  let isResigned = false
  const resigned = a.coordinator.resign("handed over").then(() => {
    isResigned = true
  })
  await clock.pass(100)
  t.match(told.join(), /^a winds down,a ends \d+: handed over$/)
  t.notOk(isResigned)
  a.finish()
  await clock.pass(100)
  await resigned
  const since = told.slice(2)
  const own = (name: string) => since.filter((what) => what.startsWith(name)).join()
  t.equal(own("a"), "a closes,a lays down")
  t.equal(own("b"), "b prepares,b begins,b takes up")
  t.ok(told.indexOf("a closes") < told.indexOf("b begins"))
  t.notOk(a.coordinator.leads())
  t.ok(b.coordinator.leads())
  t.ok(claims.includes("a hears b") && claims.includes("b hears itself"))
})

t.test("it goes to the one that is named, not to the next in line", async (t) => {
  const { clock, join } = pool(t)
  const a = await join("a")
  await join("b")
  const c = await join("c")
  const { membership } = c.coordinator
  const { id } = membership.member
  const resigned = a.coordinator.resign("handed over", { key: membership.key, id })
  await clock.pass(10)
  a.finish()
  await clock.pass(200)
  await resigned
  t.ok(c.coordinator.leads())
})

t.test("who has no seat to give up need not wait", async (t) => {
  const { join } = pool(t)
  await join("a")
  const b = await join("b")
  await b.coordinator.resign("handed over")
  await b.coordinator.leave("stopping")
  t.notOk(b.coordinator.leads())
})

t.test("a reign ends in the question, where the process stood still for its lease", async (t) => {
  const { clock, told, join } = pool(t)
  const { coordinator } = await join("a")
  const { leadership } = coordinator
  t.ok((leadership?.remainingMs() ?? 0) > 0)
  clock.standStill(timings.leaseMs * 2)
  told.length = 0
  t.notOk(coordinator.leads())
  t.match(told.join(), /^a ends \d+: lease over,a lapses/)
  t.equal(leadership?.remainingMs(), 0)
  t.equal(coordinator.leadership, undefined)
})

t.test("it ends as well in the question how much time is left", async (t) => {
  const { clock, told, join } = pool(t)
  const { leadership } = (await join("a")).coordinator
  clock.standStill(timings.leaseMs * 2)
  told.length = 0
  t.equal(leadership?.remainingMs(), 0)
  t.match(told.join(), /lapses/)
})

t.test("a message that nobody can read is told once, and the next one is heard", async (t) => {
  const { bus, clock, reports, claims, join } = pool(t)
  await join("a")
  const other = bus.connect("other")
  other.publish(names.claim, "what?")
  other.publish(names.claim, "what?")
  await clock.pass(1)
  t.equal(reports.length, 1)
  t.match(reports[0], /^a: ignored a message on work\.claim/)
  claims.length = 0
  const claim = claimOf("z", { name: "z", lease: timings.leaseMs })
  other.publish(names.claim, encodeAnnouncement({ claim, revision: 99 }))
  await clock.pass(1)
  t.strictSame(claims, ["a hears z"])
})

t.test("what its seat throws is told, and keeps nothing from being done", async (t) => {
  const { clock, reports, join } = pool(t)
  const fails = () => {
    throw new Error("no idea")
  }
  const duties = { prepare: fails, begin: fails, windDown: fails, close: fails, lapse: fails }
  const a = await join("a", { duties })
  t.ok(a.coordinator.leads())
  const b = await join("b")
  const resigned = a.coordinator.resign("handed over")
  await clock.pass(200)
  await resigned
  t.ok(b.coordinator.leads())
  t.ok(reports.length > 0)
  t.strictSame(a.broken, [])
})

t.test("a state machine that throws ends the reign there and then", async (t) => {
  const { clock, told, join } = pool(t)
  let isBroken = false
  const now = () => {
    if (!isBroken) return clock.now()
    isBroken = false
    throw new Error("no idea")
  }
  const after = clock.after.bind(clock)
  const a = await join("a", { clock: { now, after } })
  const b = await join("b")
  told.length = 0
  isBroken = true
  a.coordinator.reconsider(false)
  t.match(a.broken, [{ message: "no idea" }])
  t.match(told.join(), /^a ends \d+: failed,a lapses$/)
  t.notOk(a.coordinator.leads())
  await a.coordinator.leave("stopping")
  await clock.pass(timings.leaseMs * 2)
  t.ok(b.coordinator.leads())
})

t.test("who may lead again does so when it is told, and not before", async (t) => {
  const { clock, join } = pool(t)
  let may = false
  const { coordinator } = await join("a", { mayLead: () => may })
  await clock.pass(timings.leaseMs * 3)
  t.notOk(coordinator.leads())
  may = true
  coordinator.reconsider(false)
  await clock.pass(timings.leaseMs)
  t.ok(coordinator.leads())
})

t.test("only that it stands in line again is written into its entry at once", async (t) => {
  const { bucket, join } = pool(t)
  const self = { ...member("a"), eligible: false }
  const { coordinator } = await join("a", { portrait: () => self })
  const { key } = coordinator.membership
  const revision = async () => (await bucket.get(key))?.revision ?? 0
  const before = await revision()
  for (const [eligible, isShown, isWritten] of [
    [false, true, false],
    [true, false, false],
    [true, true, true],
  ] as const) {
    self.eligible = eligible
    coordinator.reconsider(isShown)
    await settled()
    t.equal((await revision()) > before, isWritten, `${eligible}, ${isShown}`)
  }
})

t.test("when the connection comes back the entry is renewed at once", async (t) => {
  const { bucket, join } = pool(t)
  const { coordinator } = await join("a")
  const { key } = coordinator.membership
  const revision = async () => (await bucket.get(key))?.revision ?? 0
  const before = await revision()
  coordinator.connection(false)
  await settled()
  t.equal(await revision(), before)
  coordinator.connection(true)
  await settled()
  t.ok((await revision()) > before)
})

t.test("who has left takes part in nothing, though its entry stays", async (t) => {
  const { bucket, bus, clock, told, add } = pool(t)
  const { coordinator, finish } = add("a")
  await Promise.all([coordinator.join(), clock.pass(1000)])
  const left = coordinator.leave("stopping")
  await clock.pass(10)
  finish()
  await clock.pass(10)
  await left
  told.length = 0
  t.equal(clock.alarms, 1, "the next beat of its entry")
  bus.connect().publish(names.heir("id"), "")
  await clock.pass(timings.leaseMs * 3)
  t.strictSame(told, [])
  t.ok(await bucket.get(coordinator.membership.key))
  await coordinator.membership.leave()
  t.equal(clock.alarms, 0)
})

t.test(
  "who gave the word hears from the heir itself, before all do where the line is full",
  async (t) => {
    const { clock, bus, join, claims } = pool(t)
    const a = await join("a")
    for (const name of ["b", "c", "d", "e", "f", "g", "h", "i"]) await join(name)
    await clock.pass(timings.leaseMs)
    const witness = bus.connect("witness")
    const answers: string[] = []
    const { id } = a.coordinator.standing?.claim.heirs[0] ?? { id: "" }
    const ended = a.coordinator.standing as StandingClaim
    await a.coordinator.membership.leave()
    a.coordinator.connection(false)
    const word = encodeWord({ ...endOf(ended), revision: ended.revision, reason: "killed" })
    witness
      .request(names.heir(id), word, { timeout: 1000 })
      .then(({ data }) => answers.push(decodeAnnouncement(data).claim.id))
    claims.length = 0
    await clock.pass(1)
    t.strictSame(answers, [id], "it leads, and says so to who told it")
    const heard = () => claims.filter((claim) => !claim.endsWith("itself"))
    t.strictSame(heard(), [], "what all would have to read comes after the first answers")
    await clock.pass(10)
    t.ok(heard().length >= 8)
  },
)

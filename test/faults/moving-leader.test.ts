/**
 * A leader that moves from server to server of a cluster while it is asked without a pause, many requests at once and on
 * another server: none is lost, and none heard twice. A server that hears late of where it listens now may refuse some, which
 * is safe: they were not done.
 */
import { connect, createInbox, type NatsConnection } from "nats"
import t from "tap"
import type { Bus } from "../../src/contracts/bus.js"
import { Troubles } from "../../src/contracts/troubles.js"
import { unawaited } from "../../src/contracts/unawaited.js"
import { followServers, type Move } from "../../src/member/follow-server.js"
import { connectToNats } from "../../src/nats/connection.js"
import { namesOf } from "../../src/protocol/names.js"
import { systemClock } from "../../src/time/system-clock.js"
import type { Job } from "../../src/work/job.js"
import { SimpleWork } from "../../src/work/simple-work.js"
import type { TakenRequest } from "../../src/work/taken-request.js"
import { TrackedWork } from "../../src/work/tracked-work.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { TestReign } from "../fixtures/reign.js"
import { skipsClusters, testServers } from "../fixtures/servers.js"
import { until } from "../fixtures/until.js"
import { isAll } from "./rounds.js"

const skip = await skipsClusters()
const MOVES = isAll ? 100 : 5
const UNDER_WAY = 64

/** Asks on `subject` all the time, and counts. */
class Asker {
  asked = 0
  answered = 0
  refused = 0
  #isStopped = false
  readonly #connection: NatsConnection
  readonly #subject: string
  readonly #inbox = createInbox()

  constructor(connection: NatsConnection, subject: string) {
    this.#connection = connection
    this.#subject = subject
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (_, { headers }) => {
        if (headers?.code === 503) this.refused += 1
        else this.answered += 1
        setImmediate(() => this.#ask())
      },
    })
    for (let n = 0; n < UNDER_WAY; n += 1) this.#ask()
  }

  /** Asks no more; resolves when all that was asked is answered, or refused: what is lost never is. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await until(
      `all on ${this.#subject} is answered`,
      () => this.answered + this.refused >= this.asked,
    )
  }

  #ask(): void {
    if (this.#isStopped) return
    this.asked += 1
    this.#connection.publish(this.#subject, "", { reply: `${this.#inbox}.${this.asked}` })
  }
}

t.test(`a leader that moves ${MOVES} times loses nothing`, { skip }, async (t) => {
  const { urls } = await testServers(t)
  const [first = "", second = "", third = ""] = urls
  const bus = await connectToNats({ servers: [first, second].join(), noRandomize: true })
  const elsewhere = await connect({ servers: third, noAsyncTraces: true })
  t.teardown(() => Promise.all([bus.close(), elsewhere.close()]))
  const names = namesOf("work")
  const member = { id: "A1", name: "a" }
  const heard = new Set<string>()
  let twice = 0
  const handler = (job: Job) => {
    const { reply = "" } = (job as TakenRequest).message
    if (heard.has(reply)) twice += 1
    heard.add(reply)
  }
  const shared = { bus, member, clock: systemClock, handler }
  const tracked = new TrackedWork({ ...shared, names })
  const simple = new SimpleWork({ ...shared, subject: names.work })
  simple.open()
  tracked.open()
  tracked.begin(new TestReign(new ManualClock(), 7))
  await bus.flush()

  const work = {
    async withdraw(ms: number, at?: Bus) {
      await Promise.all([simple.withdraw(ms, at), tracked.withdraw(ms, at)])
    },
    comeBack(at?: Bus) {
      simple.comeBack(at)
      tracked.comeBack(at)
    },
    connectionLost: () => tracked.connectionLost(),
  }
  const coordinator = { leads: () => true, renew: async () => {}, connection: () => {} }
  let goes = (_: Move) => {}
  const backend = {
    ...{ bus, names, clock: systemClock, random: () => 0, timings: { leaseMs: 1000 } },
    follow: () => {},
    onServerGoing(told: (move: Move) => void) {
      goes = told
    },
  }
  const troubles = new Troubles(systemClock, (problem, error) => t.fail(`${problem}: ${error}`))
  followServers(backend, () => ({ coordinator, work }), troubles)

  /** What is asked while it goes to another server, all of it, as a server that goes has it do. */
  const moved = () =>
    new Promise<void>((resolve) => {
      goes({
        isDue: true,
        async second() {
          const other = `nats://${bus.getServer()}` === first ? second : first
          const beside = await connect({ servers: other, reconnect: false })
          unawaited(beside.closed().then(() => resolve()))
          return beside
        },
        async move() {
          await bus.flush()
          await Promise.all([isBack(bus), bus.reconnect()])
        },
      })
    })

  const askers = [names.leader, names.work].map((subject) => new Asker(elsewhere, subject))
  const servers = new Set<string>()
  for (let n = 0; n < MOVES; n += 1) {
    await moved()
    servers.add(bus.getServer())
  }
  for (const asker of askers) await asker.stop()
  for (const { asked, answered, refused } of askers) {
    t.comment(`${answered} answered, ${refused} refused of ${asked}`)
    t.equal(answered + refused, asked)
  }
  t.equal(twice, 0)
  t.ok(servers.size > 1)
  tracked.lapse()
  await simple.stop(0)
})

async function isBack(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === "reconnect") return
}

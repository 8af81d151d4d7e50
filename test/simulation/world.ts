/**
 * One run: a pool under a schedule. After the last step everything is healed, and the run goes on until a member
 * leads and nobody waits for anything; if that takes longer than promised, it is a breach like any other.
 */
import { evict } from "../../src/coordinator/eviction.js"
import { OTHERS_SHARE } from "../../src/lease/lease.js"
import { type Timings, timingsOf } from "../../src/lease/timings.js"
import { SIZES, type Sizes } from "../../src/protocol/crowd.js"
import { CLAIM_KEY } from "../../src/protocol/names.js"
import { oldest, weight } from "../../src/strategies/built-in-strategies.js"
import { Chance } from "./chance.js"
import { Expectation } from "./expectation.js"
import { Judge } from "./judge.js"
import { lineOf } from "./line.js"
import { Link, type Way, type Weather } from "./link.js"
import { Machine } from "./machine.js"
import {
  delayMs,
  type Kind,
  type Schedule,
  STRATEGIES,
  type Step,
  spanMs,
  type Terrain,
  TIMINGS,
} from "./schedule.js"
import { NAMES, SimulatedMember } from "./simulated-member.js"
import { Timeline } from "./timeline.js"
import { ANSWER_MS, VirtualBucket } from "./virtual-bucket.js"
import { VirtualBus } from "./virtual-bus.js"
import { EPOCH_MS, VirtualServer } from "./virtual-server.js"

/** How a run ended. */
export interface Outcome {
  /** What was broken, if anything. */
  readonly breach: string | undefined
  readonly trace: readonly string[]
  /** Virtual time that passed, and things that happened in it. */
  readonly tookMs: number
  readonly events: number
  readonly reigns: number
  /** After the healing, how long it took until somebody led, as a share of what is allowed. */
  readonly waited: number
  /** The most members that were there at once. */
  readonly members: number
  /** What happened; a step that found nothing to happen to is not among them. */
  readonly happened: readonly Kind[]
}

/** The slowest clock there is. */
const SLOWEST = 0.95
const MOST_MEMBERS = 9
/** The busiest run that is fine has a third of this. */
const MOST_EVENTS = 20_000
/** Others that have no place in the line spread over this many steps after all heirs. */
const TURNS = 8 + 5
/** How long the kernel takes to end a process, in ms. */
const DEATH_MS = 4
const HOUR_MS = 3_600_000
/** While JetStream refuses at once: how often one may ask, beside some tries at the beginning. */
const REFUSALS_A_STEP = 4
const MOST_REFUSALS = 20
/** How long a `lead` goes on after its reign, as shares of the lease. */
const TIDYING = [0, 0, 0.02, 0, 0.5, 0, 1.5]
const LONGEST_TIDYING = Math.max(...TIDYING)
const WEIGHTS = [1, 4, 2, 4, 8]
const REQUEST_MS = 3_000
const ASK_EVERY_MS = 7

interface Waiting {
  readonly label: string
  readonly machine: Machine
}

export class World {
  readonly #schedule: Schedule
  readonly #timings: Timings
  readonly #timeline = new Timeline()
  readonly #weather: Weather
  readonly #server: VirtualServer
  readonly #judge: Judge
  readonly #expectation: Expectation
  readonly #members: SimulatedMember[] = []
  readonly #waiting = new Set<Waiting>()
  readonly #trace: string[] | undefined
  readonly #clients: { readonly link: Link; readonly bus: VirtualBus }
  readonly #links: Link[] = []
  #machines = 0
  #joined = 0
  #reigns = 0
  #mostMembers = 0
  readonly #happened: Kind[] = []
  readonly #isCalm: boolean
  readonly #sizes: Sizes
  /** A newcomer before this instant could not know of a claim that was wiped. */
  #noJoinsUntilMs = 0
  /** Since when JetStream refuses, and how often it did by now. */
  #outage = { sinceMs: 0, refusals: new Map<Link, number>() }
  /** From here on nothing happens any more. */
  #isHealed = false

  constructor(schedule: Schedule, { isCalm = false, isCrowd = false }: Terrain, isTraced: boolean) {
    this.#schedule = schedule
    this.#isCalm = isCalm
    this.#sizes = isCrowd ? crowdSizes(schedule) : SIZES
    this.#trace = isTraced ? [] : undefined
    this.#timings = timingsOf(TIMINGS[schedule.timings])
    this.#weather = {
      delayMs: delayMs(schedule),
      loss: schedule.loss / 100,
      stale: schedule.stale,
    }
    const { memberTtlMs } = this.#timings
    const chance = new Chance(schedule.seed)
    this.#server = new VirtualServer(this.#timeline, memberTtlMs, chance, this.#weather)
    if (isTraced) this.#server.onTraffic = (what) => this.#note(`   ${what}`)
    this.#server.onRefused = (link, askedMs) => this.#refused(link, askedMs)
    this.#judge = new Judge(
      () => this.#timeline.nowMs,
      (term) => this.#server.hasClaim(term),
    )
    this.#expectation = new Expectation(
      this.#judge,
      this.#timings,
      this.#weather.delayMs,
      () => this.#timeline.nowMs,
      (members) => lineOf(members, schedule),
      this.#sizes.mostHeirs,
    )
    this.#server.onRead = (link, key) => {
      if (key === CLAIM_KEY) this.#readsClaim(link)
    }
    this.#expectation.isOn = isCalm
    const link = this.#link(this.#machine(1))
    this.#clients = { link, bus: new VirtualBus(link, this.#server) }
  }

  async run(): Promise<Outcome> {
    const { rates, steps } = this.#schedule
    for (const rate of rates) this.#join(0.95 + rate / 1000)
    this.#expectation.opening(this.#members)
    let atMs = 0
    for (const step of steps) {
      atMs += spanMs(step.gap, this.#timings.leaseMs)
      this.#timeline.at(atMs, () => {
        if (this.#do(step)) this.#happened.push(step.kind)
      })
    }
    await this.#pass(atMs, () => false)
    const waited = this.#judge.broken ? 0 : await this.#recover()
    return {
      breach: this.#judge.broken?.message,
      trace: this.#trace ?? [],
      tookMs: this.#timeline.nowMs,
      events: this.#timeline.arranged,
      reigns: this.#reigns,
      waited,
      members: this.#mostMembers,
      happened: this.#happened,
    }
  }

  /** Lets time pass until `isDone`, at most until `untilMs`; says whether it was done. */
  async #pass(untilMs: number, isDone: () => boolean): Promise<boolean> {
    const timeline = this.#timeline
    while (!this.#judge.broken) {
      await timeline.settle()
      this.#judge.check()
      this.#noteReigns()
      if (isDone()) return true
      if (!timeline.next(untilMs)) return false
      if (timeline.arranged > MOST_EVENTS)
        this.#judge.breach("too busy: somebody tries without a pause")
    }
    return false
  }

  async #recover(): Promise<number> {
    this.#heal()
    const { leaseMs, stepMs, renewMs, coldStartMs } = this.#timings
    if (!this.#alive.some((member) => member.eligible && member.state === "ready")) {
      // Nothing is promised to a newcomer while a claim that was wiped may still hold.
      await this.#pass(this.#noJoinsUntilMs, () => false)
      this.#expectation.disturbed()
      this.#join(1)
    }
    // What is seen last is waited for once; what then turns out to be newer (that sight was of the past, or the claim
    // of one who gave up or died came in late), once more; and if that expires meanwhile, a last time. A write or
    // read that was lost just before the healing is given up first.
    const silenceMs = this.#sizes === SIZES ? 0 : leaseMs
    const lapseMs = leaseMs * OTHERS_SHARE + TURNS * stepMs + silenceMs
    // And one that is tidying up may be all there is.
    const tidyMs = leaseMs * LONGEST_TIDYING
    const allowedMs = (3 * lapseMs + coldStartMs + 2 * renewMs + tidyMs) / SLOWEST
    const healedMs = this.#timeline.nowMs
    const isLed = () => this.#judge.isLed
    // What was lost before the healing may cost the last one its entry to the pool, when it has waited for an answer.
    const isEmpty = () => !this.#alive.some((member) => member.eligible)
    let hasLeader = await this.#pass(healedMs + allowedMs, isLed)
    if (!hasLeader && isEmpty()) {
      this.#join(1)
      hasLeader = await this.#pass(this.#timeline.nowMs + allowedMs, isLed)
    }
    if (!hasLeader) this.#judge.breach("nobody leads")
    const waited = (this.#timeline.nowMs - healedMs) / allowedMs
    const restMs = ANSWER_MS / SLOWEST + allowedMs
    if (
      !(await this.#pass(
        Math.max(healedMs, this.#timeline.nowMs - allowedMs) + restMs,
        () => this.#waiting.size === 0,
      ))
    ) {
      const labels = [...this.#waiting].map(({ label }) => label).join(", ")
      this.#judge.breach(`left waiting: ${labels}`)
    }
    if (this.#schedule.seed % 6 === 0) await this.#beStable(allowedMs)
    return waited
  }

  /** Without mishaps a leader stays, and the line behind it is in order. */
  async #beStable(allowedMs: number): Promise<void> {
    const { leaseMs, memberTtlMs } = this.#timings
    const isPreempting = STRATEGIES[this.#schedule.strategy] === "preempt"
    // Where a better one is let forward: until the entries of the dead, who may be the best, have expired.
    const echoesMs = isPreempting ? memberTtlMs * 1.2 + leaseMs * 3 : leaseMs * 1.3
    const isSettled = () => this.#judge.isLed
    // Late echoes of the mishaps may still cost one reign.
    await this.#pass(this.#timeline.nowMs + echoesMs, () => false)
    await this.#pass(this.#timeline.nowMs + allowedMs, isSettled)
    const { latest } = this.#judge
    await this.#pass(this.#timeline.nowMs + memberTtlMs * 0.4, () => false)
    if (this.#judge.latest !== latest || !this.#judge.isLed) {
      this.#judge.breach("the leader did not stay, though nothing happened")
    }
    const ranked = lineOf(this.#alive, this.#schedule)
    const isOrdered = latest?.member.coordinator.standing?.claim.ordered
    if (isPreempting && !isOrdered && latest?.member !== ranked[0]) {
      this.#judge.breach(`${latest?.member.name} leads, though ${ranked[0]?.name} is better`)
    }
    const line = ranked.filter((member) => member !== latest?.member).map(({ id }) => id)
    const heirs = latest?.member.coordinator.standing?.claim.heirs.map(({ id }) => id) ?? []
    // The entry of one that died unseen stands until it expires.
    const living = heirs.filter((id) => line.includes(id))
    const expected = line.slice(0, this.#sizes.mostHeirs - (heirs.length - living.length))
    if (living.join() !== expected.join()) {
      this.#judge.breach(`the line is ${heirs.join()}, and should be ${expected.join()}`)
    }
  }

  get #alive(): SimulatedMember[] {
    return this.#members.filter(({ machine }) => machine.state !== "dead")
  }

  /** Has it happen; false if there is nothing that it could happen to. */
  #do(step: Step): boolean {
    const member = this.#chosen(step.who)
    const leaseMs = this.#timings.leaseMs
    const forMs = spanMs(step.span, leaseMs)
    this.#note(
      `-- ${step.kind} ${member?.name ?? "nobody"} ${forMs.toFixed(0)} ms, ${step.variant}`,
    )
    this.#expectation.disturbed()
    if (step.kind === "join") return this.#joinIfPossible(step)
    if (!member) return false
    const { machine, link } = member
    const isReady = machine.state === "running" && member.state === "ready"
    switch (step.kind) {
      case "ask":
        for (let n = 0; n <= step.variant; n++) this.#later(n * ASK_EVERY_MS, () => this.#ask())
        return true
      case "leave":
        if (isReady) this.#leave(member)
        return isReady
      case "resign":
      case "hand-over":
        if (isReady) this.#resign(member, step)
        return isReady
      case "crash":
      case "crash-unseen":
        this.#crash(member, step)
        return true
      case "crash-line":
        return this.#crashLine(step)
      case "freeze":
      case "suspend":
        if (machine.state !== "running" || !machine.canFreeze(step.kind === "suspend", leaseMs)) {
          return false
        }
        machine.freeze(step.kind === "suspend")
        this.#later(forMs, () => {
          if (machine.state !== "frozen") return
          this.#note(`${member.name} is thawed`)
          machine.thaw(step.variant === 1)
        })
        return true
      case "cut":
        link.cut(WAYS[step.variant % 3] as readonly Way[], step.variant < 4 ? undefined : forMs / 2)
        this.#later(forMs, () => link.heal())
        return true
      case "blip":
        link.cut(["up", "down"], 0)
        this.#later(1, () => link.heal())
        return true
      case "deaf":
        link.deafen(forMs)
        return true
      case "mute":
        link.mute(leaseMs + forMs)
        return true
      case "swing":
        this.#swing(link, forMs, step.variant)
        return true
      case "late-answer":
        member.onceItClaims = () => this.#swing(link, forMs, step.variant)
        return true
      case "lose-requests":
      case "lose-answers": {
        if (!this.#expectation.lostMessages(this.#alive)) return false
        const count = 1 + (step.variant % (this.#isCalm ? 2 : 3))
        link.lose(step.kind === "lose-requests" ? "up" : "down", count)
        if (this.#isCalm) this.#later(leaseMs / 2, () => link.loseNoMore())
        return true
      }
      case "stale-read":
        this.#server.staleReads.set(link, 1 + step.variant)
        return true
      case "wall-jump": {
        const far = [HOUR_MS, -HOUR_MS, leaseMs, -leaseMs][step.variant % 4] as number
        const canJump = far > 0 || machine.canJumpBack(leaseMs)
        if (canJump) machine.jumpWall(far)
        return canJump
      }
      case "delete-claim":
        this.#expectation.claimDeleted(this.#alive, (ms, run) => this.#later(ms, run))
        // Or as soon as one is written next, which is acknowledged all the same.
        if (step.variant >= 4 && !this.#isCalm)
          this.#server.onceClaimed = () => this.#spoilClaim("delete-claim")
        else this.#spoilClaim(step.kind)
        return true
      case "garbage":
        this.#spoilClaim(step.kind)
        return true
      case "purge":
      case "anew":
        return this.#wipe(step.kind === "anew" ? Number.POSITIVE_INFINITY : 0)
      case "restore":
        return this.#wipe(1 + step.variant)
      case "server-restart":
        for (const { link } of this.#alive) link.cut(["up", "down"], 1)
        this.#later(forMs, () => {
          for (const { link } of this.#alive) link.heal()
        })
        return true
      case "outage":
        this.#server.outUntilMs = this.#timeline.nowMs + forMs
        this.#outage = { sinceMs: this.#timeline.nowMs, refusals: new Map() }
        return true
    }
  }

  /** Who is refused at once must not ask again at once. */
  #refused(link: Link, askedMs: number): void {
    const { sinceMs, refusals } = this.#outage
    // What was asked while it was cut off comes all at once.
    if (askedMs < sinceMs) return
    const count = (refusals.get(link) ?? 0) + 1
    refusals.set(link, count)
    const steps = (this.#timeline.nowMs - sinceMs) / this.#timings.stepMs
    if (count > MOST_REFUSALS + steps * REFUSALS_A_STEP) {
      this.#judge.breach("too busy: somebody asks without a pause though it is refused")
    }
  }

  /** Who hears that its leader renews has no reason to look, however seldom it is told. */
  #readsClaim(link: Link): void {
    const { latest } = this.#judge
    if (!latest || !this.#expectation.isAtRest(latest)) return
    const reader = this.#alive.find((member) => member.link === link)
    if (reader?.isSettled) this.#judge.breach(`${reader.name} looks though its leader renews`)
  }

  #swing(link: Link, forMs: number, variant: number): void {
    if (this.#isHealed) return
    const { leaseMs } = this.#timings
    if (variant >= 4) link.mute(leaseMs * 3)
    link.cut(["down"], undefined)
    this.#later(forMs, () => {
      link.healPaths()
      this.#later(SWINGS_MS[variant % 3] as number, () => this.#cutFor(link, leaseMs * 1.5))
    })
  }

  #chosen(who: number): SimulatedMember | undefined {
    const alive = this.#alive
    const leader = this.#judge.latest?.member
    if (who === 0 && leader && alive.includes(leader)) return leader
    return alive[(who + alive.length - 1) % Math.max(1, alive.length)]
  }

  #joinIfPossible(step: Step): boolean {
    const isFull = this.#alive.length >= MOST_MEMBERS
    if (isFull || this.#timeline.nowMs < this.#noJoinsUntilMs) return false
    this.#join(0.95 + (this.#schedule.rates[0] ?? 50) / 1000, step.variant !== 7)
    return true
  }

  #join(rate: number, eligible = true): void {
    const machine = this.#machine(rate)
    const name = String.fromCharCode(97 + (this.#joined++ % 26))
    const ranking = STRATEGIES[this.#schedule.strategy]
    const member = new SimulatedMember({
      name,
      machine,
      link: this.#link(machine),
      server: this.#server,
      timings: this.#timings,
      sizes: this.#sizes,
      judge: this.#judge,
      chance: new Chance(this.#schedule.seed + this.#joined),
      eligible: eligible || this.#alive.length === 0,
      weight: WEIGHTS[this.#joined % WEIGHTS.length] as number,
      strategy: ranking === "oldest" ? oldest : weight,
      preemptAfterMs: ranking === "preempt" ? this.#timings.leaseMs : undefined,
      windDownMs: this.#joined % 3 === 0 ? 20 : 0,
      tidyMs:
        this.#timings.leaseMs *
        (TIDYING[(this.#schedule.seed + this.#joined) % TIDYING.length] ?? 0),
      nowMs: () => this.#timeline.nowMs,
      workMs: this.#joined % 2 === 0 ? 30 : 0,
      others: () => this.#alive,
      note: (what) => this.#note(what),
    })
    this.#members.push(member)
    this.#mostMembers = Math.max(this.#mostMembers, this.#alive.length)
    const joining = member.join().catch((error) => {
      if (member.state === "draining") return
      this.#note(`${name} could not join: ${error.message}`)
      if (this.#isCalm) this.#judge.breach(`${name} could not join: ${error.message}`)
      member.state = "gone"
      machine.die()
      member.link.close(false)
    })
    this.#wait(`the joining of ${name}`, machine, joining)
  }

  #leave(member: SimulatedMember): void {
    this.#expectation.vacancy(member, this.#alive)
    this.#wait(`the leaving of ${member.name}`, member.machine, member.leave())
  }

  #resign(member: SimulatedMember, step: Step): void {
    const others = this.#alive.filter(
      (other) => other !== member && other.state === "ready" && other.eligible,
    )
    const to =
      step.kind === "hand-over" ? others[step.variant % Math.max(1, others.length)] : undefined
    const heir = to && { key: to.coordinator.membership.key, id: to.id }
    this.#expectation.vacancy(member, this.#alive, to)
    const resigning = heir ? member.resign("handed over", heir) : member.resign("released")
    this.#wait(`the resigning of ${member.name}`, member.machine, resigning)
  }

  /** Who leads, and all its heirs, die at once, and nobody sees it. */
  #crashLine(step: Step): boolean {
    const leader = this.#judge.latest?.member
    const heirs = leader?.coordinator.standing?.claim.heirs.map(({ id }) => id) ?? []
    const alive = this.#alive
    const line = alive.filter(({ id }) => heirs.includes(id))
    if (!leader || !alive.includes(leader) || line.length + 1 === alive.length) return false
    this.#expectation.lost(leader, alive, line)
    for (const member of [leader, ...line]) this.#die(member, step)
    return true
  }

  #die(member: SimulatedMember, step: Step): void {
    member.machine.die()
    this.#judge.forget(member)
    member.link.close(step.variant % 2 === 1)
    for (const each of this.#waiting)
      if (each.machine === member.machine) this.#waiting.delete(each)
  }

  #crash(member: SimulatedMember, step: Step): void {
    const { held, id, name, coordinator } = member
    const isJoining = member.state === "starting"
    const isSeen = step.kind === "crash"
    if (isSeen) this.#expectation.vacancy(member, this.#alive)
    else this.#expectation.lost(member, this.#alive)
    this.#die(member, step)
    if (!isSeen || coordinator.membership.key === "") return
    const supervisor = this.#machine(1)
    const own = this.#link(supervisor)
    const bus = new VirtualBus(own, this.#server)
    const bucket = new VirtualBucket(own, this.#server)
    if (step.variant >= 6 && !this.#isCalm)
      this.#cutFor(own, spanMs(step.span, this.#timings.leaseMs))
    this.#later(DEATH_MS, () => {
      const { stepMs } = this.#timings
      const options = { bus, bucket, names: NAMES, clock: supervisor, stepMs, by: "supervisor" }
      // What the dying one said last may not have reached it; then it must look for itself.
      const standing = step.variant % 4 === 3 ? undefined : held
      const dead = { key: coordinator.membership.key, id, standing }
      const gone = async () => {
        const entries = this.#isCalm ? await this.#server.bucket.entries() : []
        // Of one that died while it joined, the first write may come in after the eviction; then it expires.
        if (isJoining || !entries.some(({ key }) => key === dead.key)) return
        this.#judge.breach(`the entry of ${name} stands after its eviction`)
      }
      const evicting = evict(options, dead, "killed").then(gone, (error) => {
        this.#note(`could not evict ${name}: ${error.message}`)
        if (this.#isCalm) this.#judge.breach(`could not evict ${name}: ${error.message}`)
      })
      this.#wait(`the eviction of ${name}`, supervisor, evicting)
    })
  }

  #cutFor(link: Link, ms: number): void {
    if (this.#isHealed) return
    link.cut(["up", "down"], undefined)
    this.#later(ms, () => link.heal())
  }

  #ask(): void {
    const { bus } = this.#clients
    bus.request(NAMES.leader, "10", { timeout: REQUEST_MS }).catch(() => {})
  }

  #spoilClaim(kind: "delete-claim" | "garbage"): void {
    const { bucket } = this.#server
    if (kind === "garbage") bucket.put(CLAIM_KEY, new TextEncoder().encode("by hand"))
    else
      bucket.get(CLAIM_KEY).then((entry) => {
        if (entry && !entry.deleted) bucket.remove(CLAIM_KEY, entry.revision)
      })
  }

  /** Only if everybody knows the last claim: one who doesn't, for it is new or deaf, could not know what was wiped. */
  #wipe(back: number): boolean {
    const { leaseMs } = this.#timings
    const last = this.#judge.latest?.member.held?.claim.nonce
    const knows = ({ state, coordinator }: SimulatedMember) =>
      state !== "starting" && coordinator.standing?.claim.nonce === last
    if (last === undefined || !this.#alive.every(knows)) return false
    this.#noJoinsUntilMs = this.#timeline.nowMs + leaseMs * 4
    this.#server.wipe(back)
    if (back > 0) this.#judge.termsBeginAnew()
    return true
  }

  #heal(): void {
    this.#note("== all is healed")
    this.#isHealed = true
    Object.assign(this.#weather, { delayMs: 0, loss: 0, stale: 0 })
    this.#server.staleReads.clear()
    this.#server.outUntilMs = 0
    this.#server.onceClaimed = undefined
    for (const link of this.#links) link.heal()
    for (const { machine } of this.#alive) machine.thaw(false)
  }

  #noteReigns(): void {
    const { latest } = this.#judge
    if (latest === this.#last) return
    this.#last = latest
    this.#reigns += 1
    this.#expectation.filled()
  }
  #last: unknown

  #wait(label: string, machine: Machine, promise: Promise<unknown>): void {
    const waiting = { label, machine }
    this.#waiting.add(waiting)
    promise.then(
      () => this.#waiting.delete(waiting),
      (error) => {
        this.#waiting.delete(waiting)
        this.#judge.breach(`${label} failed: ${error.stack}`)
      },
    )
  }

  #machine(rate: number): Machine {
    this.#machines += 1
    const wallMs = EPOCH_MS + (this.#machines % 2 === 0 ? HOUR_MS : -1000)
    return new Machine(this.#timeline, rate, 1000 * this.#machines, wallMs)
  }

  #link(machine: Machine): Link {
    const chance = new Chance(this.#schedule.seed + 1000 * this.#machines)
    const link = new Link(this.#timeline, machine, chance, this.#weather)
    this.#links.push(link)
    return link
  }

  #later(ms: number, run: () => void): void {
    this.#timeline.at(this.#timeline.nowMs + ms, run)
  }

  #note(what: string): void {
    this.#trace?.push(`${this.#timeline.nowMs.toFixed(1).padStart(9)}  ${what}`)
  }
}

/** How long answers get through between the two halves of a swing. */
const SWINGS_MS = [0, 1, 5]
const WAYS: readonly (readonly Way[])[] = [["up", "down"], ["down"], ["up"]]

/** Runs a schedule. */
export function run(schedule: Schedule, terrain: Terrain = {}, isTraced = false): Promise<Outcome> {
  return new World(schedule, terrain, isTraced).run()
}

/** With these a few members are a crowd: most have no place in the line, and some of those hear of each renewal. */
function crowdSizes({ seed }: Schedule): Sizes {
  return { mostHeirs: 1 + (seed % 2), attentive: seed % 3 === 0 ? 1 : 0, crowd: 4 }
}

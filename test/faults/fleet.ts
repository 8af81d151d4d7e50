/**
 * Real worker processes under a supervisor in this one, each with a network of its own to a real server, while
 * requesters ask and everybody writes the history. What may be done to them is here, and the verdict at the end.
 */
import { join } from "node:path"
import type { NatsConnection } from "nats"
import type { Test } from "tap"
import type { ServerCluster } from "../../src/server-cluster/server-cluster.js"
import type { WorkerEvent } from "../../src/supervision/supervisor.js"
import type { WorkerGroup, WorkerGroupOptions } from "../../src/supervision/worker-group.js"
import type { WorkerSettings } from "../../src/supervision/worker-settings.js"
import { built } from "../fixtures/built.js"
import { type RunningCommand, startNode } from "../fixtures/cli.js"
import { tempFolder } from "../fixtures/folder.js"
import { SHORT_LEASE_MS } from "../fixtures/leases.js"
import { isAlive } from "../fixtures/programs.js"
import { type TestServer, testServer } from "../fixtures/server.js"
import { History, type Line } from "./history.js"
import { judge, type Verdict } from "./judge.js"
import { observe } from "./observer.js"
import { TcpProxy } from "./proxy.js"
import { Requesters, type RequestersOptions } from "./requesters.js"

export const WITNESS = join(import.meta.dirname, "witness.js")

// Worker processes are forked from here, and what runs TypeScript would make each of them start ten times slower.
process.execArgv.length = 0
delete process.env.NODE_OPTIONS

export interface FleetOptions {
  /** Default SHORT_LEASE_MS. */
  readonly leaseMs?: number
  readonly pool?: string
  /** Workers to begin with, the oldest first. Default a and b. */
  readonly names?: readonly string[]
  /** A server that is there already. */
  readonly server?: TestServer
  /** Clustered servers in place of one: each worker is first on another, and no network is between. */
  readonly servers?: ServerCluster
  /** How members learn that their reign is over; see witness.js. */
  readonly obeys?: "questions" | "signal" | "reading"
  readonly settings?: Partial<WorkerSettings>
  /** Before the first worker starts. */
  readonly prepare?: (fleet: Fleet) => Promise<void>
  /** Who asks, and for what. */
  readonly asking?: Pick<RequestersOptions, "each" | "holdMs" | "pauseMs" | "timeoutMs">
  /** Who gets a supervisor of its own, a `pool worker` from the command line. */
  readonly alone?: readonly string[]
  /** The command line of these, by name, where it is not that of this version. */
  readonly commands?: Readonly<Record<string, string>>
}

/** A fleet that is steady: the first of its names leads, and the others are its heirs in order. */
export async function fleet(t: Test, options: FleetOptions = {}): Promise<Fleet> {
  const { servers } = options
  const server = servers ? undefined : (options.server ?? (await testServer(t)))
  const it = new Fleet(t, options, server, servers)
  t.teardown(() => it.takeDown())
  await it.gather()
  await options.prepare?.(it)
  const { names = ["a", "b"] } = options
  for (const name of names) await it.start(name)
  const [first = "", ...heirs] = names
  await it.leads(first, ...heirs)
  await it.startRequesters()
  await it.answers(first)
  return it
}

export class Fleet {
  readonly #server: TestServer | undefined
  readonly #servers: ServerCluster | undefined
  readonly history: History
  readonly leaseMs: number
  readonly pool: string
  readonly problems: string[] = []
  /** Told of workers that are gone. */
  onGone: (event: Extract<WorkerEvent, { type: "gone" }>) => void = () => {}
  observer!: NatsConnection
  group!: WorkerGroup
  requesters!: Requesters
  readonly #options: FleetOptions
  readonly #pids = new Map<string, number>()
  readonly #networks = new Map<string, TcpProxy>()
  readonly #alone = new Map<string, RunningCommand>()

  readonly #t: Test

  constructor(
    t: Test,
    options: FleetOptions,
    server: TestServer | undefined,
    servers: ServerCluster | undefined,
  ) {
    this.#t = t
    this.#options = options
    this.#server = server
    this.#servers = servers
    this.leaseMs = options.leaseMs ?? SHORT_LEASE_MS
    this.pool = options.pool ?? "work"
    this.history = new History(join(tempFolder(t), "history"))
  }

  /** The one server that it is on. */
  get server(): TestServer {
    return this.#server as TestServer
  }

  /** Of all servers. */
  get url(): string {
    return this.#servers?.urls.join() ?? this.server.url
  }

  /** @internal */
  async gather(): Promise<void> {
    const { url } = this
    this.observer = await observe(url, this.pool, this.history)
    const module = (await import(built("supervision/worker-group.js"))) as {
      WorkerGroup: { gather(options: WorkerGroupOptions): Promise<WorkerGroup> }
    }
    this.group = await module.WorkerGroup.gather({
      settings: this.#settings("supervisor", url),
      onEvent: (event) => {
        if (event.type === "gone") this.onGone(event)
      },
      report: (problem, error) => this.problems.push(`${problem} ${error ?? ""}`),
    })
  }

  /** Addresses for the next worker: on a cluster all, one after another first. */
  #urlsFor(name: string): string {
    const urls = this.#servers?.urls ?? []
    const first = (this.#options.names ?? []).indexOf(name) % urls.length
    return [...urls.slice(first), ...urls.slice(0, first)].join()
  }

  /** @internal */
  async startRequesters(): Promise<void> {
    const { history, pool, url } = this
    this.requesters = await Requesters.start({ history, pool, url, ...this.#options.asking })
  }

  /** Starts a worker; resolves when it has joined. */
  async start(name: string): Promise<void> {
    const url = this.#servers ? this.#urlsFor(name) : (await this.networkOf(name)).url
    process.env.WITNESS_HISTORY = this.history.path
    process.env.WITNESS_NAME = name
    process.env.WITNESS_OBEYS = this.#options.obeys ?? "questions"
    if (this.#options.alone?.includes(name)) return this.#startAlone(name, url)
    const { pid } = await this.group.supervisor.start(this.#settings(name, url))
    this.#pids.set(name, pid)
  }

  /** The process that started this one. */
  async supervisorOf(name: string): Promise<number> {
    return (await this.history.since(0, "born", ({ who }) => who === name)).ppid
  }

  async #startAlone(name: string, url: string): Promise<void> {
    const from = this.now
    const { pool, leaseMs } = this
    const own = ["--name", name, "--handler", WITNESS, "--allow-control"]
    const shared = ["--pool", pool, "--lease", `${leaseMs}ms`, "--servers", url]
    const cli = this.#options.commands?.[name] ?? built("cli.js")
    const command = startNode(this.#t, [cli, "worker", ...own, ...shared])
    this.#alone.set(name, command)
    await command.says(/joined/)
    const { pid } = await this.history.since(from, "born", ({ who }) => who === name)
    this.#pids.set(name, pid)
  }

  /** The network between a worker, started or not, and its server. */
  async networkOf(name: string): Promise<TcpProxy> {
    const known = this.#networks.get(name)
    if (known) return known
    const network = await TcpProxy.before(this.server.port)
    this.#networks.set(name, network)
    return network
  }

  network(name: string): TcpProxy {
    return this.#networks.get(name) as TcpProxy
  }

  pid(name: string): number {
    return this.#pids.get(name) as number
  }

  /** Ends processes at once, without a word. */
  kill(...names: string[]): void {
    for (const who of names) this.history.write({ who, what: "killed" })
    for (const name of names) process.kill(this.pid(name), "SIGKILL")
  }

  /** Resolves when the process of a worker is gone, and what it left is cleared away. */
  gone(name: string): Promise<void> {
    return this.group.supervisor.gone(this.pid(name))
  }

  freeze(who: string): void {
    this.history.write({ who, what: "frozen" })
    process.kill(this.pid(who), "SIGSTOP")
  }

  thaw(who: string): void {
    this.history.write({ who, what: "thawed" })
    process.kill(this.pid(who), "SIGCONT")
  }

  /** Stops a worker kindly; resolves when it is gone. */
  async stop(name: string): Promise<void> {
    const alone = this.#alone.get(name)
    if (alone) {
      alone.child.kill("SIGTERM")
      await alone.ended()
      return
    }
    return this.group.supervisor.stop(this.pid(name), 20_000)
  }

  /** Where the history stands: what follows is from now on. */
  get now(): number {
    this.history.read()
    return this.history.all.length
  }

  /** Resolves once `name` leads, and its announced heirs are these. */
  async leads(name: string, ...heirs: string[]): Promise<void> {
    const isIt = (line: Line | undefined) =>
      line?.what === "claimed" &&
      line.by === name &&
      line.heirs.join() === heirs.join() &&
      !line.released
    await this.history.until((all) => isIt(all.findLast(({ what }) => what === "claimed")))
  }

  /** Resolves when each requester has had an answer of `name`, or of anybody but `not`, from now on. */
  async answers(name?: string, from = this.now): Promise<void> {
    const requesters = ["i1", "i2", "o1", "o2"]
    await Promise.all(
      requesters.map((requester) =>
        this.history.since(
          from,
          "answered",
          ({ who, by }) => who === requester && (name === undefined || by === name),
        ),
      ),
    )
  }

  /** Resolves with the first reign of somebody else than `name`, from index `from` of the history. */
  begins(from: number, ...notThese: string[]) {
    return this.history.since(from, "begins", ({ who }) => !notThese.includes(who))
  }

  /**
   * Does it, and resolves when the first of `line` leads and everybody has an answer of it. On a busy machine one may
   * need longer than its 50 ms; then the word goes on, in order, and whoever leads was told after all before it. Returns
   * those of the line, the one that leads first.
   */
  async followed(line: readonly string[], act: () => unknown): Promise<string[]> {
    const from = this.now
    const [{ who }] = await Promise.all([this.begins(from), act()])
    await this.#observed()
    const told = this.#toldSince(from)
    const before = line.slice(0, line.includes(who) ? line.indexOf(who) : line.length)
    const isInOrder = before.every(
      (name) => told.includes(name) && told.indexOf(name) < told.indexOf(who),
    )
    if (who !== line[0] && !isInOrder) {
      throw new Error(`${who} leads, and ${line[0]} should; told were: ${told.join(", ")}`)
    }
    await this.answers(who)
    return [who, ...line.filter((name) => name !== who)]
  }

  /** Resolves when the observer has heard all that was sent before. A connection that is opened anew ends a flush. */
  async #observed(): Promise<void> {
    for (;;) {
      try {
        return await this.observer.flush()
      } catch (error) {
        if (this.observer.isClosed()) throw error
      }
    }
  }

  /** Whether of each end one heir was told, and nobody after it because it was slow. */
  get isOneHeirTold(): boolean {
    const told = this.history.all.flatMap((line) => (line.what === "told" ? [line] : []))
    const ends = new Set(told.map(({ term }) => term))
    return new Set(told.map(({ term, heir }) => `${term} ${heir}`)).size === ends.size
  }

  /** The heirs that were told that a reign is over, in order. */
  #toldSince(from: number): string[] {
    this.history.read()
    const words = this.history.all.slice(from)
    return [...new Set(words.flatMap((line) => (line.what === "told" ? [line.heir] : [])))]
  }

  /** Everything that was asked has ended: the judge looks at it all, and breaches fail the test. */
  async verdict(t: Test): Promise<Verdict> {
    await this.requesters.stop()
    await this.#observed()
    this.history.read()
    const verdict = judge(this.history.all)
    t.strictSame(verdict.breaches.slice(0, 10), [])
    const { reigns, answered, unknown, unknownAfterMs, still } = verdict
    const late = unknownAfterMs.filter((afterMs) => afterMs > 50)
    const worst = Math.max(0, ...unknownAfterMs).toFixed(0)
    const shown = reigns.map(({ who, term }) => `${who}@${term}`).join(" ")
    t.comment(
      `${shown}; ${answered} answered, ${unknown} unknown (after ${worst} ms at most, ${late.length} after more than 50)`,
    )
    const pauses = still.map(({ who, ms, cpuMs }) => `${who} ${ms.toFixed(0)} (${cpuMs})`)
    t.comment(`longest pauses of event loops, and CPU burned in them, in ms: ${pauses.join(", ")}`)
    if (verdict.breaches.length > 0) t.comment(this.problems.join("; "))
    return verdict
  }

  /** @internal */
  async takeDown(): Promise<void> {
    const { supervisor } = this.group
    for (const { pid } of supervisor.workers) if (isAlive(pid)) process.kill(pid, "SIGCONT")
    const gone = supervisor.workers.map(({ pid }) => supervisor.gone(pid))
    supervisor.killAll()
    for (const network of this.#networks.values()) network.heal()
    await Promise.all(gone)
    await this.group.disband()
    await this.requesters?.abandon()
    await this.observer.close()
    await Promise.all([...this.#networks.values()].map((network) => network.close()))
    this.history.close()
  }

  #settings(name: string, url: string): WorkerSettings {
    const { leaseMs, pool } = this
    const base = { leaseMs, pool, name, handler: WITNESS, logLevel: "silent" }
    const connect = { servers: url, noRandomize: true }
    return { ...base, ...this.#options.settings, connect }
  }
}

/**
 * Asks a pool for work. Requests are at most once: what may have been delivered is never sent a second time,
 * unless it is marked idempotent. What certainly was not (nobody listened, or a worker said so) is repeated
 * until the timeout.
 *
 * Tracked work waits out a change of leader. An answer with a lower term than the highest known one is from a
 * leader that doesn't know yet that it was replaced; it counts for nothing.
 */
import { localOf, POOL_PLACE, type PoolPlace, reachedBy } from "../backend/pool-options.js"
import { setDomain } from "../contracts/js-domain.js"
import { unawaited } from "../contracts/unawaited.js"
import { payloadOf } from "../encoding/payload.js"
import type { EnqueueOptions } from "../jobs/enqueue-options.js"
import type { JobHandle } from "../jobs/job-handle.js"
import { connectToNats } from "../nats/connection.js"
import { ServerMove } from "../nats/lame-duck.js"
import { checkKind, checkOptions } from "../options/known-options.js"
import { DEFAULT_POOL, namesOf } from "../protocol/names.js"
import { systemClock } from "../time/system-clock.js"
import { pause } from "../time/within.js"
import type { Answer } from "./answer.js"
import { answersInOrder } from "./answers-in-order.js"
import { ClientJobs } from "./client-jobs.js"
import {
  ASK_OPTIONS,
  type AskOptions,
  CLIENT_OPTIONS,
  type ClientOptions,
  DEFAULT_MAP_CONCURRENCY,
  MAP_OPTIONS,
  type MapOptions,
  NO_OPTIONS,
  PAYLOADS,
  questionOf,
} from "./client-options.js"
import { WaitingRequests } from "./waiting-requests.js"

export { Answer } from "./answer.js"
export type { AskOptions, ClientOptions, MapOptions } from "./client-options.js"

/** Clients of a server that goes move to others within this time, in ms, each at a moment of its own. */
const MOVES_WITHIN_MS = 1_000
/** How long what is under way may hold that up, in ms. */
const ANSWERS_MS = 2_000
/** Of a request whose payload is still to come. */
const NO_PAYLOAD = new Uint8Array(0)

/** Asks one pool for work. Safe for any number of requests at once. */
export class PoolClient {
  readonly #waiting: WaitingRequests
  readonly #jobs: ClientJobs
  #disconnect: (() => Promise<void>) | undefined

  /** Throws BadInput for options that it doesn't know, or that can't be used. */
  constructor(options: ClientOptions) {
    checkOptions("PoolClient", options, CLIENT_OPTIONS)
    const { bus, pool = DEFAULT_POOL, maxPayload, clock = systemClock, random } = options
    checkKind("bus", bus, CLIENT_OPTIONS.bus)
    this.#jobs = new ClientJobs({ bus, pool, clock })
    this.#waiting = new WaitingRequests({
      bus,
      names: namesOf(pool),
      clock,
      random: random ?? Math.random,
      maxPayload: maxPayload ?? Number.POSITIVE_INFINITY,
    })
  }

  /**
   * A client with a connection of its own, made as the `nats` command line makes it, if it is given none; with the same
   * words as `joinPool`. Throws what connectToNats throws.
   *
   * @example
   * const client = await PoolClient.connect({ pool: "mail" })
   * const answer = await client.work({ to: "a@example.org" })
   * console.log(answer.worker, answer.json())
   * await client.close()
   */
  static async connect(place: PoolPlace = {}): Promise<PoolClient> {
    checkOptions("PoolClient.connect", place, POOL_PLACE)
    const { pool } = namesOf(place.pool ?? DEFAULT_POOL)
    const { local, connection, connect } = reachedBy(place)
    if (local) return PoolClient.local({ local, pool })
    if (connection) setDomain(connection, connect.jsDomain)
    const bus = connection ?? (await connectToNats(connect, `pool ${pool} client`))
    const client = new PoolClient({ bus, pool, maxPayload: bus.info?.max_payload })
    if (connection) return client
    const move = new ServerMove(bus, () => unawaited(client.#moved(move)))
    client.#disconnect = () => {
      move.close()
      return bus.close()
    }
    return client
  }

  /**
   * A client of a pool inside this process; see LocalPools. Default: the pools that all of this process share. Throws
   * BadInput.
   */
  static local(options: Pick<PoolPlace, "local" | "pool"> = {}): PoolClient {
    checkOptions("PoolClient.local", options, { local: POOL_PLACE.local, pool: POOL_PLACE.pool })
    const local = localOf(options.local ?? true)
    const bus = local.connect()
    const { clock, maxPayload } = local
    const { pool = DEFAULT_POOL } = options
    const client = new PoolClient({ bus, pool, clock, maxPayload })
    client.#jobs.lieIn(() => local.jobs(pool))
    client.#disconnect = () => bus.close()
    return client
  }

  /**
   * Asks any worker. `payload` is sent as it is if it is text or bytes, else as JSON. Throws TypeError for what JSON
   * would lose (a Map, a stream, NaN, a function), BadInput, NoWorkers, RequestTimeout, PayloadTooLarge, NotPermitted,
   * ClientClosed, and WorkFailed when the worker answers a failure or all were full until the timeout.
   */
  work(payload?: unknown, options: AskOptions = NO_OPTIONS): Promise<Answer> {
    return this.#ask(payload, options, false)
  }

  /**
   * Asks the leader; waits until there is one. Throws as `work` does, NoLeader if nobody led within the timeout, and, unless
   * the request is idempotent, LeaderChanged if the leader changed while it had it, and RequestLost if the leader, asked after
   * a second without an answer, doesn't have it.
   */
  leaderWork(payload?: unknown, options: AskOptions = NO_OPTIONS): Promise<Answer> {
    return this.#ask(payload, options, true)
  }

  /**
   * Has a job done, at least once, by whoever serves `queue`: it is stored when this resolves. `payload` is sent as it is for
   * `work`. One that is unique, and there already, is not stored again: then the handle is of that one, and `already` true.
   * Throws TypeError for what JSON would lose, BadInput, PayloadTooLarge, NoJetStream, NoJobs, and RequestTimeout if it got no
   * answer until then: it may be stored all the same, so with an `id` of your own enqueue it again.
   *
   * @example
   * const job = await client.enqueue("send", { to: "ann@example.org" }, { attempts: 5, unique: "ann" })
   * await job.result({ timeoutMs: 120_000 })
   */
  async enqueue(queue: string, payload?: unknown, options?: EnqueueOptions): Promise<JobHandle> {
    return (await this.#jobs.open()).enqueue(queue, payload, options)
  }

  /**
   * The same for each of `payloads`, 256 at a time; `options` are for all, or what a function makes of each and its place.
   * Throws as `enqueue` does if none could be stored, and NotAllEnqueued, which says which, if some could not.
   */
  async enqueueMany(
    queue: string,
    payloads: Iterable<unknown>,
    options?: EnqueueOptions | ((payload: unknown, n: number) => EnqueueOptions),
  ): Promise<JobHandle[]> {
    return (await this.#jobs.open()).enqueueMany(queue, payloads, options)
  }

  /** The job `id`, whoever has enqueued it. */
  async job(queue: string, id: string): Promise<JobHandle> {
    return (await this.#jobs.open()).job(queue, id)
  }

  /**
   * Asks for each of `payloads`, and yields the answers in their order. At most `concurrency` requests are under way, and
   * at most as many answers more are kept; a payload is taken only when there is room, so neither who gives payloads nor
   * who takes answers gets ahead of the other, and both may be without end. Nothing is asked before the first answer is
   * wanted.
   *
   * The first request that fails ends it, with what `work` or `leaderWork` throws, and what is under way then is given up:
   * it may or may not have been done. So does whoever takes no more (`break`), a signal, and what `payloads` throw; they are
   * told to end. Throws BadInput for options that can't be used.
   *
   * @example
   * for await (const answer of client.map(orders, { concurrency: 256 })) console.log(answer.json())
   */
  map(
    payloads: Iterable<unknown> | AsyncIterable<unknown>,
    options: MapOptions = {},
  ): AsyncGenerator<Answer, void, undefined> {
    checkOptions("map", options, MAP_OPTIONS)
    checkKind("payloads", payloads, PAYLOADS)
    const { concurrency = DEFAULT_MAP_CONCURRENCY, leader = false, signal } = options
    const batch = {}
    const question = { ...questionOf(NO_PAYLOAD, options, leader), signal: undefined, batch }
    return answersInOrder({
      ...{ payloads, concurrency, signal },
      ask: async (payload) =>
        this.#waiting.ask({ ...question, payload: payloadOf(payload, "payload") }),
      end: (reason) => this.#waiting.giveUp(batch, reason),
    })
  }

  /** Gives up what is in flight, with ClientClosed, and closes the connection if the client made it. */
  async close(): Promise<void> {
    this.#waiting.close()
    await this.#jobs.close()
    await this.#disconnect?.()
  }

  /** Moves to another server once nothing is under way that would be lost. */
  async #moved(move: ServerMove): Promise<void> {
    await pause(systemClock, Math.random() * MOVES_WITHIN_MS)
    await this.#waiting.between(ANSWERS_MS, () => move.move())
  }

  /** Not `async`: that is two promises more for each request. */
  #ask(payload: unknown, options: AskOptions, toLeader: boolean): Promise<Answer> {
    try {
      if (options !== NO_OPTIONS) checkOptions("a request", options, ASK_OPTIONS)
      return this.#waiting.ask(questionOf(payloadOf(payload, "payload"), options, toLeader))
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

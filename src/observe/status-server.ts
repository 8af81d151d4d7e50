/**
 * What a worker answers over HTTP, to those who have no NATS: load balancers, whoever restarts processes, Prometheus.
 * It listens before the worker joins, so that a port that is in use is noticed then, until it has left.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { hostname } from "node:os"
import { unawaited } from "../contracts/unawaited.js"
import { CannotListen } from "../errors/http-errors.js"
import { reasonOf } from "../errors/thrown.js"
import type { Leadership } from "../lease/leadership.js"
import type { StandingClaim } from "../protocol/claim.js"
import type { Member } from "../protocol/member.js"
import { systemClock } from "../time/system-clock.js"
import { healthOf, leaderReport, readinessOf, type Verdict } from "./health.js"
import { type HttpAddress, shownAddress } from "./http-address.js"
import type { LeaderNews } from "./leader-watch.js"
import { LoopWatch } from "./loop-watch.js"
import { type Measured, Metrics } from "./metrics.js"

export interface StatusServerOptions {
  readonly address: HttpAddress
  readonly pool: string
  readonly name: string
  readonly leaseMs: number
}

/** A worker, as far as it is told of here. */
export interface ShownWorker {
  readonly id: string
  readonly member: Member
  readonly leadership: Leadership | undefined
  readonly leader: StandingClaim | undefined
  readonly news: LeaderNews
  readonly lingeringMs: number
}

interface Page {
  readonly status: number
  readonly type: string
  readonly text: string
}

const TEXT = "text/plain; charset=utf-8"
const JSON_TYPE = "application/json; charset=utf-8"

export class StatusServer {
  /** Where it listens: `http://127.0.0.1:9100`. */
  readonly url: string
  readonly metrics: Metrics
  readonly #options: StatusServerOptions
  readonly #server: Server
  readonly #loop: LoopWatch
  readonly #pages: Readonly<Record<string, () => Page | Promise<Page>>>
  #worker: ShownWorker | undefined
  #jobs: { readonly noJobs: string | undefined } | undefined
  #isConnected = true

  private constructor(options: StatusServerOptions, server: Server) {
    const { address, pool, name, leaseMs } = options
    this.#options = options
    this.#server = server
    const { port } = server.address() as AddressInfo
    this.url = `http://${shownAddress({ ...address, port })}`
    this.#loop = new LoopWatch(systemClock, leaseMs)
    this.metrics = new Metrics(pool, name, () => this.#look())
    this.#pages = {
      "/healthz": () => verdictPage(healthOf(this.#look())),
      "/readyz": () => verdictPage(readinessOf(this.#look())),
      "/leader": () => this.#leaderPage(),
      "/metrics": async () => {
        const text = await this.metrics.text()
        return { status: 200, type: this.metrics.contentType, text }
      },
    }
    server.on("request", (request, response) => unawaited(this.#answer(request, response)))
  }

  /** Listens. Throws CannotListen. */
  static async open(options: StatusServerOptions): Promise<StatusServer> {
    const { address } = options
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.on("error", (cause) =>
        reject(new CannotListen(shownAddress(address), { cause: cause as NodeJS.ErrnoException })),
      )
      server.listen(address.port, address.host, resolve)
    })
    return new StatusServer(options, server)
  }

  /** Tells of this worker from now on; until then it is starting. */
  show(worker: ShownWorker): void {
    this.#worker = worker
  }

  /** Tells of its jobs, too: why it gets none, if it doesn't. */
  showJobs(jobs: { readonly noJobs: string | undefined }): void {
    this.#jobs = jobs
  }

  /** Its connection was lost, or came back. */
  connection(isUp: boolean): void {
    this.#isConnected = isUp
  }

  /** Who leads has changed. */
  heard(news: LeaderNews): void {
    this.metrics.heard(news)
  }

  /** Listens no more, and closes what is connected. */
  async close(): Promise<void> {
    this.#loop.stop()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  #look(): Measured {
    const worker = this.#worker
    const leadership = worker?.leadership
    return {
      id: worker?.id ?? "",
      host: hostname(),
      state: worker?.member.state ?? "starting",
      isConnected: this.#isConnected,
      noJobs: this.#jobs?.noJobs,
      leaseMs: this.#options.leaseMs,
      reign: leadership && { term: leadership.term, remainingMs: leadership.remainingMs() },
      stalledMs: this.#loop.stalledMs(),
      news: worker?.news,
      lingeringMs: worker?.lingeringMs ?? 0,
      standing: worker?.leader,
    }
  }

  #leaderPage(): Page {
    const { pool } = this.#options
    const { reign, news, standing } = this.#look()
    const report = leaderReport(news, standing, reign?.remainingMs)
    const text = `${JSON.stringify({ pool, ...report })}\n`
    return { status: reign ? 200 : 503, type: JSON_TYPE, text }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, text } = await this.#pageFor(request)
    response.writeHead(status, {
      "Content-Type": type,
      "Content-Length": Buffer.byteLength(text),
      "Cache-Control": "no-store",
      ...(status === 405 && { Allow: "GET, HEAD" }),
    })
    response.end(text)
  }

  async #pageFor({ method, url = "" }: IncomingMessage): Promise<Page> {
    const path = url.split("?", 1)[0] as string
    const page = Object.hasOwn(this.#pages, path) ? this.#pages[path] : undefined
    if (!page) {
      const known = Object.keys(this.#pages).join(" ")
      return { status: 404, type: TEXT, text: `there is no ${path}; there are ${known}\n` }
    }
    if (method !== "GET" && method !== "HEAD") {
      return { status: 405, type: TEXT, text: `${path} takes GET and HEAD\n` }
    }
    try {
      return await page()
    } catch (error) {
      return { status: 500, type: TEXT, text: `${path} failed: ${reasonOf(error)}\n` }
    }
  }
}

function verdictPage({ isGood, why }: Verdict): Page {
  return { status: isGood ? 200 : 503, type: TEXT, text: `${isGood ? "ok" : "not ok"}: ${why}\n` }
}

/**
 * A network between one member and its server, which can fail: be cut, go silent in one direction or both, be slow, or
 * lose exactly one acknowledgement. What is held back while it is silent comes late, as it does on a real network.
 */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { type Frame, Frames } from "./frames.js"

/** From the member to the server, or back. */
export type Direction = "out" | "in"

const BOTH: readonly Direction[] = ["out", "in"]

export class TcpProxy {
  readonly url: string
  readonly #server: Server
  readonly #links = new Set<Link>()
  readonly #silent = new Set<Direction>()
  #isCut = false
  #delayMs = 0
  /** The write whose acknowledgement is to be lost. */
  #loss: { readonly isIt: (frame: Frame) => boolean; readonly lost: () => void } | undefined

  private constructor(server: Server, targetPort: number) {
    this.#server = server
    this.url = `nats://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on("connection", (socket) => {
      if (this.#isCut) return socket.destroy()
      const link = new Link(socket, connect(targetPort, "127.0.0.1"), this)
      this.#links.add(link)
      link.ended.then(() => this.#links.delete(link))
    })
  }

  /** A network in front of the server that listens on `targetPort`. */
  static async before(targetPort: number): Promise<TcpProxy> {
    const server = createServer({ noDelay: true })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return new TcpProxy(server, targetPort)
  }

  /** Ends all connections, and refuses new ones, until `heal`. */
  cut(): void {
    this.#isCut = true
    for (const link of this.#links) link.end()
  }

  /** Says nothing, and passes nothing on in these directions, until `heal`. */
  silence(...directions: Direction[]): void {
    for (const direction of directions.length > 0 ? directions : BOTH) this.#silent.add(direction)
  }

  /** Passes everything on this much later, in order. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  heal(): void {
    this.#isCut = false
    this.#delayMs = 0
    this.#silent.clear()
    for (const link of this.#links) for (const direction of BOTH) link.flow(direction)
  }

  /**
   * Loses the acknowledgement of the next write whose command `isIt`; the server has done what was asked. Resolves
   * when it is lost.
   */
  loseAcknowledgement(isIt: (frame: Frame) => boolean): Promise<void> {
    return new Promise((lost) => {
      this.#loss = { isIt, lost }
    })
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const link of this.#links) link.end()
    await once(this.#server, "close")
  }

  /** @internal */
  isSilent(direction: Direction): boolean {
    return this.#silent.has(direction)
  }

  /** @internal */
  get delayMs(): number {
    return this.#delayMs
  }

  /** @internal The subject of the reply that is to be lost, if the frame asks for it. */
  replyToLose(frame: Frame): string | undefined {
    if (!this.#loss?.isIt(frame)) return undefined
    const [verb, , reply] = frame.words
    return /^H?PUB$/.test(verb ?? "") ? reply : undefined
  }

  /** @internal */
  lost(): void {
    this.#loss?.lost()
    this.#loss = undefined
  }
}

/** One connection through a proxy. */
class Link {
  readonly ended: Promise<void>
  readonly #proxy: TcpProxy
  readonly #sockets: Readonly<Record<Direction, { from: Socket; to: Socket }>>
  readonly #frames: Readonly<Record<Direction, Frames>> = { out: new Frames(), in: new Frames() }
  readonly #held: Record<Direction, Buffer[]> = { out: [], in: [] }
  /** On their way, in order; each has a timer. */
  readonly #later: Record<Direction, Buffer[][]> = { out: [], in: [] }
  #timers = new Set<NodeJS.Timeout>()
  #replyToLose: string | undefined

  constructor(member: Socket, server: Socket, proxy: TcpProxy) {
    this.#proxy = proxy
    this.#sockets = { out: { from: member, to: server }, in: { from: server, to: member } }
    server.setNoDelay(true)
    this.ended = new Promise((resolve) => {
      for (const socket of [member, server]) {
        socket.on("error", () => {})
        socket.once("close", () => {
          this.end()
          resolve()
        })
      }
    })
    for (const direction of BOTH) {
      this.#sockets[direction].from.on("data", (chunk) => this.#take(direction, chunk))
    }
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const { from } of Object.values(this.#sockets)) from.destroy()
  }

  /** Passes on what was held back. */
  flow(direction: Direction): void {
    if (this.#proxy.isSilent(direction)) return
    for (const bytes of this.#held[direction].splice(0)) this.#sockets[direction].to.write(bytes)
  }

  #take(direction: Direction, chunk: Buffer): void {
    const passed: Buffer[] = []
    for (const frame of this.#frames[direction].push(chunk)) {
      if (direction === "out") this.#replyToLose ??= this.#proxy.replyToLose(frame)
      else if (this.#isToLose(frame)) {
        this.#replyToLose = undefined
        this.#proxy.lost()
        continue
      }
      passed.push(frame.bytes)
    }
    const later = this.#later[direction]
    const pass = () => {
      this.#held[direction].push(...(later.shift() ?? []))
      this.flow(direction)
    }
    later.push(passed)
    const { delayMs } = this.#proxy
    // What comes once the delay is over must not overtake what is on its way.
    if (delayMs === 0 && later.length === 1) return pass()
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      pass()
    }, delayMs)
    this.#timers.add(timer)
  }

  #isToLose({ words }: Frame): boolean {
    return this.#replyToLose !== undefined && words[1] === this.#replyToLose
  }
}

/** Servers of a cluster that exist only in memory: they obey the levers, one leads the stream, and who is back catches up. */
import {
  isReturn,
  type ServerLever,
  type ServerSeen,
  type ServersSeen,
} from "../../../src/dashboard/world/servers.js"
import type { Clock } from "../../../src/time/clock.js"

const LEAVES_AFTER_MS = 2_500
const STARTS_AFTER_MS = 250
const CATCHES_UP_AFTER_MS = 900

export class FakeServers {
  readonly #clock: Clock
  readonly #tell: (seen: ServersSeen) => void
  #servers: readonly ServerSeen[]

  constructor(clock: Clock, names: readonly string[], tell: (seen: ServersSeen) => void) {
    this.#clock = clock
    this.#tell = tell
    this.#servers = names.map((name, index) => ({
      name,
      state: "up",
      leads: index === 0,
      replica: "current",
      version: "2.12.15",
    }))
  }

  get seen(): ServersSeen {
    const servers = this.#servers
    const current = servers.filter(({ replica }) => replica === "current").length
    const hasLeader = servers.some(({ leads }) => leads)
    return { servers, ...(hasLeader && { replicas: { all: servers.length, current } }) }
  }

  change(name: string, change: Partial<ServerSeen>): void {
    this.#servers = this.#servers.map((it) => (it.name === name ? { ...it, ...change } : it))
    this.#elect()
    this.#tell(this.seen)
  }

  async order(name: string, lever: ServerLever): Promise<void> {
    if (isReturn(lever)) {
      const lag = lever === "bring-back" ? 40 : 400
      this.change(name, { state: "starting" })
      await this.#after(STARTS_AFTER_MS)
      this.change(name, { state: "up", replica: "behind", lag })
      this.#clock.after(CATCHES_UP_AFTER_MS, () =>
        this.change(name, { replica: "current", lag: 0 }),
      )
      return
    }
    if (lever === "lame-duck") {
      this.change(name, { state: "lame duck", leads: false })
      await this.#after(LEAVES_AFTER_MS)
    }
    await this.#after(5)
    this.change(name, { state: "down", leads: false, replica: "offline" })
  }

  /** A majority has a leader. */
  #elect(): void {
    const able = this.#servers.filter(
      ({ state, replica }) => state === "up" && replica === "current",
    )
    const isMajority = able.length * 2 > this.#servers.length
    const leader = able.find(({ leads }) => leads) ?? able[0]
    this.#servers = this.#servers.map((it) => ({ ...it, leads: isMajority && it === leader }))
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ms, resolve)
    })
  }
}

/**
 * A worker of the demo as a process of its own would have it: it can be frozen, so that neither time nor messages reach it,
 * and killed, so that nothing of it goes on.
 */
import type { Backend } from "../backend/backend.js"
import type { Cancel } from "../time/clock.js"
import { pause } from "../time/within.js"

/** A server would have to store it. */
const WRITE_MS = 1.2

export class DemoProcess {
  /** What its worker stands on. */
  readonly backend: Backend
  readonly #disconnect: () => Promise<void>
  readonly #timers = new Set<Cancel>()
  /** What it would have done while it was frozen, in order; undefined while it runs. */
  #held: (() => void)[] | undefined
  #isDead = false

  constructor(backend: Backend) {
    const { clock, bus, bucket } = backend
    const live = (act: () => void) => this.#live(act)
    this.#disconnect = backend.close
    this.backend = {
      ...backend,
      clock: {
        now: () => clock.now(),
        after: (ms, wake) => {
          const cancel = clock.after(ms, () => {
            this.#timers.delete(cancel)
            live(wake)
          })
          this.#timers.add(cancel)
          return cancel
        },
      },
      bus: {
        publish: (...message) => bus.publish(...message),
        request: (...message) => bus.request(...message),
        flush: () => bus.flush(),
        subscribe: (subject, { callback, ...options }) =>
          bus.subscribe(subject, {
            ...options,
            callback: (error, message) => live(() => callback(error, message)),
          }),
      },
      bucket: {
        get: (key) => bucket.get(key),
        write: (...entry) => pause(clock, WRITE_MS).then(() => bucket.write(...entry)),
        put: (...entry) => bucket.put(...entry),
        remove: (...entry) => bucket.remove(...entry),
        keys: () => bucket.keys(),
        entries: () => bucket.entries(),
        watch: (listener) =>
          bucket.watch({
            heard: (entry) => live(() => listener.heard(entry)),
            caughtUp: () => live(() => listener.caughtUp?.()),
            restart: () => live(() => listener.restart?.()),
          }),
      },
    }
  }

  get isFrozen(): boolean {
    return this.#held !== undefined
  }

  freeze(): void {
    this.#held ??= []
  }

  thaw(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const act of held) this.#live(act)
  }

  async kill(): Promise<void> {
    this.#isDead = true
    for (const cancel of this.#timers) cancel()
    await this.#disconnect()
  }

  #live(act: () => void): void {
    if (this.#isDead) return
    if (this.#held) this.#held.push(act)
    else act()
  }
}

/**
 * What happened, as everybody who took part wrote it down: members in their own processes, the requesters, an observer
 * on the server, and the test that did the harm. All write to one file, a line a deed, with the time of CLOCK_MONOTONIC,
 * which all processes of a machine share.
 */
import { appendFileSync, closeSync, openSync, readSync } from "node:fs"
import { Events } from "../fixtures/events.js"

/** Ms on the clock that all processes of this machine share. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** What a member did. `who` is its name, unique in a history. */
export type Deed =
  /** Its process began. */
  | { readonly what: "born"; readonly pid: number; readonly ppid: number }
  /** `lead` was called. */
  | { readonly what: "begins"; readonly term: number }
  /** It asked whether it leads, after `at`, and was told yes. */
  | { readonly what: "acts"; readonly term: number }
  /** It had a request, asked whether it leads, after `at`, was told yes, and answered. */
  | { readonly what: "answers"; readonly term: number; readonly request: string }
  /** Its signal fired. */
  | { readonly what: "ends"; readonly term: number; readonly reason: string }
  /** Its event loop, a member's or that of all clients, stood still from `fromMs` until `at`, and burned so much CPU. */
  | { readonly what: "stalled"; readonly fromMs: number; readonly cpuMs: number }

/** What the test did to a member, noted before it was done; `who` is that member. */
export type Harm =
  | { readonly what: "killed" }
  | { readonly what: "frozen" }
  | { readonly what: "thawed" }
  /** A server was killed, or cut off, and with it what was on its way there; `who` is that server. */
  /** The bucket was deleted, so that its revisions count from 1 again; `who` is nobody in particular. */
  | { readonly what: "wiped" }
  /** Somebody took away all that stood under the key of the claim: what comes next is over nothing once more. */
  | { readonly what: "emptied" }

/** What a requester saw; `who` is the requester. */
export type Asked =
  | { readonly what: "asked"; readonly request: string; readonly idempotent: boolean }
  | {
      readonly what: "answered"
      readonly request: string
      readonly term: number
      readonly by: string
    }
  | {
      readonly what: "failed"
      readonly request: string
      readonly code: string
      readonly message: string
    }

/** What the observer on the server saw; `who` is the observer. */
export type Seen =
  /** An announced claim. */
  | {
      readonly what: "claimed"
      readonly by: string
      readonly id: string
      readonly term: number
      readonly revision: number
      readonly released: boolean
      /** Names, the next in line first. */
      readonly heirs: readonly string[]
    }
  /** The word to an heir that the reign of this term is over. */
  | { readonly what: "told"; readonly heir: string; readonly term: number }
  /** A leader's reply to the request that waits at `inbox`: which it was, or the status of a failure. */
  | {
      readonly what: "replied"
      readonly by: string
      readonly inbox: string
      readonly term: number
      readonly request?: string
      readonly status?: number
    }

/** A write of the claim, as its process calls it and as it returns; `who` is that process. Only where it is noted. */
export type Write =
  | {
      readonly what: "writing"
      /** Names this one write. */
      readonly write: string
      readonly kind: "claim" | "renewal" | "release"
      /** The revision that it is to be written over. */
      readonly over: number
      /** The member in whose name it is. */
      readonly by: string
      readonly nonce: string
      /** In ms. */
      readonly lease: number
      readonly term?: number
    }
  | {
      readonly what: "wrote"
      readonly write: string
      /** `unknown`: it may or may not have been written. */
      readonly result: "ok" | "refused" | "unknown"
      readonly revision?: number
      readonly why?: string
    }

type Event = Deed | Harm | Asked | Seen | Write

export type Line = { readonly at: number; readonly who: string } & Event

/** A line that is not yet in a history; its time is now if it says none. */
export type News = { readonly at?: number; readonly who: string } & Event

const FOLLOW_MS = 3

/** A history that is being written. */
export class History extends Events<Line> {
  readonly path: string
  readonly #file: number
  readonly #buffer = Buffer.alloc(256 * 1024)
  readonly #timer: NodeJS.Timeout
  #rest = ""
  #position = 0
  #isClosed = false

  constructor(path: string) {
    super()
    this.path = path
    this.#file = openSync(path, "a+")
    this.#timer = setInterval(() => this.read(), FOLLOW_MS)
  }

  /** What is written after the history was closed is of no interest. */
  write(news: News): void {
    if (this.#isClosed) return
    appendFileSync(this.path, `${JSON.stringify({ at: sharedMs(), ...news })}\n`)
  }

  /** Takes note of what was written meanwhile. */
  read(): void {
    for (;;) {
      const length = readSync(this.#file, this.#buffer, 0, this.#buffer.length, this.#position)
      if (length === 0) return
      this.#position += length
      const lines = (this.#rest + this.#buffer.toString("utf8", 0, length)).split("\n")
      this.#rest = lines.pop() ?? ""
      for (const line of lines.slice(0, -1)) this.all.push(JSON.parse(line) as Line)
      const last = lines.at(-1)
      if (last) this.note(JSON.parse(last) as Line)
    }
  }

  /** The lines after now that fit; the first of them resolves. */
  async next<W extends Line["what"]>(
    what: W,
    fits: (line: Extract<Line, { what: W }>) => boolean = () => true,
  ): Promise<Extract<Line, { what: W }>> {
    this.read()
    const from = this.all.length
    return this.since(from, what, fits)
  }

  /** The first line at or after index `from` that fits. */
  async since<W extends Line["what"]>(
    from: number,
    what: W,
    fits: (line: Extract<Line, { what: W }>) => boolean = () => true,
  ): Promise<Extract<Line, { what: W }>> {
    let looked = from
    let found: Extract<Line, { what: W }> | undefined
    await this.until((all) => {
      for (; !found && looked < all.length; looked += 1) {
        const line = all[looked] as Extract<Line, { what: W }>
        if (line.what === what && fits(line)) found = line
      }
      return found !== undefined
    })
    return found as Extract<Line, { what: W }>
  }

  close(): void {
    this.#isClosed = true
    this.read()
    clearInterval(this.#timer)
    closeSync(this.#file)
  }
}

/** The stream of one direction of a NATS connection, cut into its commands: a line, and for some a payload after it. */

export interface Frame {
  /** The words of its line: `PUB subject reply 12`. */
  readonly words: readonly string[]
  /** All of it, as it came. */
  readonly bytes: Buffer
}

/** RMSG and LMSG are between servers. */
const WITH_PAYLOAD = new Set(["PUB", "HPUB", "MSG", "HMSG", "RMSG", "LMSG"])
const LINE_END = "\r\n"

export class Frames {
  #rest: Buffer = Buffer.alloc(0)

  /** The commands that are complete with `chunk`; what is not yet stays here. */
  push(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    const frames: Frame[] = []
    for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next(): Frame | undefined {
    const lineEnd = this.#rest.indexOf(LINE_END)
    if (lineEnd < 0) return undefined
    const words = this.#rest.toString("latin1", 0, lineEnd).split(/\s+/)
    const isLong = WITH_PAYLOAD.has(words[0]?.toUpperCase() ?? "")
    const payload = isLong ? Number(words.at(-1)) + LINE_END.length : 0
    const length = lineEnd + LINE_END.length + payload
    if (this.#rest.length < length) return undefined
    const bytes = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return { words, bytes }
  }
}

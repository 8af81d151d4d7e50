/** A program on a terminal of its own, as `script` of util-linux makes one, and what it shows there. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, "g")
/** A screen that doesn't come within this time, in ms, never does. */
const PATIENCE_MS = 30_000

export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #closed: Promise<unknown>
  #shown = ""
  #look: () => void = () => {}

  /** Runs `command` as a shell does, in the folder `cwd`. */
  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv) {
    const args = ["--quiet", "--return", "--command", command, "/dev/null"]
    this.#child = spawn("script", args, { cwd, env: { ...env, TERM: "xterm" } })
    this.#closed = once(this.#child, "close")
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#shown += text
      this.#look()
    })
  }

  /** Of `script`; the program is its child. */
  get pid(): number {
    return this.#child.pid as number
  }

  /** Resolves once all of these were shown. Rejects with what was, if it ends before or takes too long. */
  shows(...words: readonly RegExp[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = () => reject(new Error(`not shown: ${words.join(" ")}; but: ${this.#text()}`))
      const timer = setTimeout(failed, PATIENCE_MS)
      this.#look = () => {
        if (!words.every((word) => word.test(this.#text()))) return
        clearTimeout(timer)
        resolve()
      }
      this.#look()
      this.#closed.then(failed, failed)
    })
  }

  /** Types `q`, and resolves when it has ended. */
  async quit(): Promise<void> {
    this.#look = () => {}
    this.#child.stdin.write("q")
    await this.#closed
  }

  #text(): string {
    return this.#shown.replace(ESCAPES, "")
  }
}

/** Responders of the bench, three of each kind, in processes of their own that end with this one. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const EACH = 3

export class Responders {
  readonly #children: readonly ChildProcess[]

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children
  }

  /** Starts three of `file` with `args`, each of which says that it is ready, and has Node run it with `execArgv`. */
  static async start(
    file: string,
    args: readonly string[],
    execArgv: readonly string[],
  ): Promise<Responders> {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const children = Array.from({ length: EACH }, () =>
      fork(path, args, { execArgv: [...execArgv] }),
    )
    await Promise.all(children.map((child) => once(child, "message")))
    return new Responders(children)
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.disconnect()
    await Promise.all(this.#children.map((child) => child.exitCode ?? once(child, "exit")))
  }
}

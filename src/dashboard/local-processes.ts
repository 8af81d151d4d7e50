/**
 * The processes of members that run on this machine: frozen, thawed, and killed where they answer nothing. Who is frozen
 * may lose its entry meanwhile, and can still be thawed.
 */
import { hostname } from "node:os"
import type { Member } from "../protocol/member.js"

export class LocalProcesses {
  readonly #frozen = new Map<string, Member>()

  /** The member with this id, if it was frozen here. */
  frozen(id: string): Member | undefined {
    return this.#frozen.get(id)
  }

  isHere({ host }: Member): boolean {
    return host === hostname()
  }

  freeze(member: Member): undefined {
    this.#signal(member, "SIGSTOP")
    this.#frozen.set(member.id, member)
  }

  thaw(member: Member): undefined {
    // Also one whose process is gone: there is nothing left to thaw.
    if (this.isHere(member)) this.#frozen.delete(member.id)
    this.#signal(member, "SIGCONT")
  }

  /** Returns what is to be said of it. */
  kill(member: Member): string {
    this.#signal(member, "SIGKILL")
    this.#frozen.delete(member.id)
    return `it did not answer; its process ${member.pid} was killed from here`
  }

  #signal(member: Member, signal: NodeJS.Signals): void {
    const { pid, name, host } = member
    if (!this.isHere(member)) throw new Error(`${name} runs on ${host}, not here`)
    try {
      process.kill(pid, signal)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const isGone = code === "ESRCH"
      throw new Error(isGone ? `the process of ${name} is not there any more` : message)
    }
  }
}

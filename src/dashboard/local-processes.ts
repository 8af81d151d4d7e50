/**
 * The processes of members that run on this machine: frozen, thawed, and killed where they answer nothing. Who is frozen
 * may lose its entry meanwhile, and can still be thawed.
 */
import { hostname } from "node:os"
import { isNoResponders, isTimeout } from "../errors/errors.js"
import type { Member } from "../protocol/member.js"
import type { Processes } from "./live-pool.js"

export class LocalProcesses implements Processes {
  readonly #frozen = new Map<string, Member>()

  frozen(id: string): Member | undefined {
    return this.#frozen.get(id)
  }

  freeze(member: Member): void {
    this.#signal(member, "SIGSTOP")
    this.#frozen.set(member.id, member)
  }

  thaw(member: Member): void {
    // Also one whose process is gone: there is nothing left to thaw.
    if (isHere(member)) this.#frozen.delete(member.id)
    this.#signal(member, "SIGCONT")
  }

  async kill(member: Member, ask: () => Promise<void>): Promise<string | undefined> {
    try {
      await ask()
      return undefined
    } catch (error) {
      const isSilent = isTimeout(error) || isNoResponders(error)
      if (!isSilent || !isHere(member)) throw error
    }
    this.#signal(member, "SIGKILL")
    this.#frozen.delete(member.id)
    return `it did not answer; its process ${member.pid} was killed from here`
  }

  #signal(member: Member, signal: NodeJS.Signals): void {
    const { pid, name, host } = member
    if (!isHere(member)) throw new Error(`${name} runs on ${host}, not here`)
    try {
      process.kill(pid, signal)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const isGone = code === "ESRCH"
      throw new Error(isGone ? `the process of ${name} is not there any more` : message)
    }
  }
}

function isHere({ host }: Member): boolean {
  return host === hostname()
}

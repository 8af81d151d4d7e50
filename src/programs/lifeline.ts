/**
 * Groups of processes that do not outlive us, in whatever way we die: by kill -9 too, which no exit hook sees. A shell
 * reads from a pipe that we hold which groups there are, and the end of what it reads means that we are gone. It wakes
 * those that are suspended, waits a while, and ends what is still there. One idle `sh` in a session of its own, which
 * keeps no process from ending; without one (there is none, or the system can't start one more) nobody is ended.
 */
import { spawn } from "node:child_process"
import type { Writable } from "node:stream"
import { startProcess } from "./start-process.js"

// "+ 123" and "- 123" are groups that began and ended. SIGCONT, for one that is suspended sees no other signal.
const SCRIPT = `groups=" "
while read -r order group; do
  case $order in
    +) groups="$groups$group " ;;
    -) groups="\${groups%%" $group "*} \${groups#*" $group "}" ;;
    *) exit ;;
  esac
done
tell() {
  for group in $groups; do kill "-$1" "-$group"; kill -CONT "-$group"; done
}
tell "$1"
for quarter in 1 2 3 4; do
  living=
  for group in $groups; do kill -0 "-$group" && living=1; done
  [ "$living" ] || exit
  sleep "$2"
done
tell "$3"`

interface LifelineOptions {
  /** What all are sent when we have died. Default: nothing, but those that are suspended go on. */
  readonly first?: "TERM"
  /** How long they have then, in ms. */
  readonly graceMs: number
  /** What those are sent that are still there. */
  readonly last: "TERM" | "KILL"
}

export class Lifeline {
  readonly #shell: Writable | undefined

  constructor({ first, graceMs, last }: LifelineOptions) {
    const args = ["pool-lifeline", first ?? "CONT", String(graceMs / 4000), last]
    const { process: shell } = startProcess(() =>
      spawn("/bin/sh", ["-c", SCRIPT, ...args], {
        detached: true,
        stdio: ["pipe", "ignore", "ignore"],
      }),
    )
    if (!shell?.stdin) return
    shell.on("error", () => {})
    shell.stdin.on("error", () => {})
    shell.unref()
    const pipe = shell.stdin as Writable & { unref?: () => void }
    pipe.unref?.()
    this.#shell = pipe
  }

  /** From now on `group` does not outlive us. */
  hold(group: number): void {
    this.#shell?.write(`+ ${group}\n`)
  }

  /** `group` has ended: to be said before the system gives its number to another. */
  release(group: number): void {
    this.#shell?.write(`- ${group}\n`)
  }

  /** Nothing is held any more, nor will be. */
  dismiss(): void {
    this.#shell?.end("dismissed\n")
  }
}

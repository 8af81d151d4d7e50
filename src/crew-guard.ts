/**
 * Sees to it that workers in process groups of their own do not outlive us, whatever ends us: what is sent to our
 * terminal or to our own group does not reach them. They notice our death themselves and leave kindly; this wakes the
 * suspended ones, who would not, and kills whoever is still there when the time to leave is over.
 */
import type { ChildProcess } from "node:child_process"
import type { Writable } from "node:stream"
import { lifeline } from "./lifeline.js"
import { signalGroup } from "./process-group.js"

// "+ 123" and "- 123" are groups that began and ended.
const SCRIPT = `groups=" "
while read -r order group; do
  case $order in
    +) groups="$groups$group " ;;
    -) groups="\${groups%%" $group "*} \${groups#*" $group "}" ;;
  esac
done
for group in $groups; do kill -CONT "-$group"; done
left=$1
while [ "$left" -gt 0 ]; do
  living=
  for group in $groups; do kill -0 "-$group" && living=1; done
  [ "$living" ] || exit
  sleep 1
  left=$((left - 1))
done
for group in $groups; do kill -KILL "-$group"; done`

export class CrewGuard {
  readonly #shell: Writable

  /** `graceMs`: how long workers may take to leave once we are gone. */
  constructor(graceMs: number) {
    this.#shell = lifeline(SCRIPT, "pool-crew-guard", String(Math.ceil(graceMs / 1000)))
  }

  /** From now on `leader` and what it starts do not outlive us, and what it starts does not outlive it. */
  watch(leader: ChildProcess): void {
    const { pid } = leader
    if (pid === undefined) return
    this.#shell.write(`+ ${pid}\n`)
    leader.once("exit", () => {
      signalGroup(pid, "SIGTERM")
      this.#shell.write(`- ${pid}\n`)
    })
  }
}

/** `pool stop`, `kill`, `restart`, `hand-over`, `pause` and `resume`: orders to one member, and what came of them. */
import { Command, Option } from "commander"
import { connectToNats } from "../nats/connection.js"
import { type Giving, handOver, type OrderOutcome, order } from "../operator/follow-order.js"
import { PoolWatch } from "../operator/pool-watch.js"
import type { OrderName } from "../protocol/orders.js"
import { connectionIn, durationIn, type PoolFlags, withPoolFlags } from "./flags/flags.js"

interface OrderFlags extends PoolFlags {
  json?: boolean
  timeout: number
  from?: string
}

const DEFAULT_TIMEOUT_MS = 30_000

const DESCRIPTIONS: Record<Exclude<OrderName, "hand-over">, string> = {
  stop: "have a member leave kindly: it finishes what it does, and the next in line leads",
  kill: "end a member's process at once, as kill -9 does",
  restart: "have a member leave kindly and join anew, at the end of the line",
  pause: "have a member take no work, and keep its place",
  resume: "have a member that is paused take work again",
}

/** The commands, to be added to a program. */
export function orderCommands(): Command[] {
  const names = Object.keys(DESCRIPTIONS) as (keyof typeof DESCRIPTIONS)[]
  return [...names.map(orderCommand), handOverCommand()]
}

function orderCommand(name: keyof typeof DESCRIPTIONS): Command {
  return withOrderFlags(new Command(name))
    .description(DESCRIPTIONS[name])
    .argument("<member>", "its name or id")
    .addHelpText("after", helpOn(`  pool ${name} b\n  pool ${name} b --pool mail --json`))
    .action((member: string, flags: OrderFlags) =>
      give(name, flags, (giving) => order(giving, name, member)),
    )
}

function handOverCommand(): Command {
  const examples = "  pool hand-over\n  pool hand-over c\n  pool hand-over --from $HOSTNAME"
  return withOrderFlags(new Command("hand-over"))
    .description("have the leader hand over, to a member or to the next in line")
    .argument("[member]", "name or id of who shall lead (default: the next in line)")
    .option("--from <member>", "only if this one leads; otherwise do nothing, and exit with 0")
    .addHelpText(
      "after",
      `\nWith --preempt nobody better is let forward before the next change of leader.${helpOn(examples)}`,
    )
    .action((member: string | undefined, flags: OrderFlags) =>
      give("hand-over", flags, (giving) => handOver(giving, member, flags.from)),
    )
}

function withOrderFlags(command: Command): Command {
  const timeout = new Option("-t, --timeout <time>", "for the end of it")
  return withPoolFlags(command)
    .addOption(timeout.default(DEFAULT_TIMEOUT_MS, "30s").argParser(durationIn("--timeout")))
    .option("--json", "print JSON")
}

function helpOn(examples: string): string {
  return `
The member must have been started with --allow-control.
Exit codes: 0 done, 1 it was refused or took too long, 2 bad usage, 3 nobody is there.

Examples:
${examples}`
}

async function give(
  name: OrderName,
  flags: OrderFlags,
  act: (giving: Giving) => Promise<OrderOutcome>,
): Promise<void> {
  const { pool, timeout: timeoutMs } = flags
  const connection = await connectToNats(connectionIn(flags), `pool ${pool} ${name}`)
  try {
    const watch = await PoolWatch.open(connection, pool)
    try {
      const outcome = await act({ bus: connection, pool, watch, timeoutMs })
      console.log(flags.json ? JSON.stringify(outcome) : inWords(outcome))
    } finally {
      watch.stop()
    }
  } finally {
    await connection.close()
  }
}

function inWords(outcome: OrderOutcome): string {
  if (outcome.nothing) return `${outcome.nothing}; nothing to do`
  const { leader } = outcome
  const next = leader && `${leader.name} leads after ${timeIn(leader.ms)}, term ${leader.term}`
  if (outcome.order === "hand-over") return next ?? ""
  const then = outcome.isLeaderless ? "nobody is left to lead" : next
  return then ? `${ownPart(outcome)}; ${then}` : ownPart(outcome)
}

function ownPart({ order, name, ms, newId }: OrderOutcome): string {
  const after = `after ${timeIn(ms)}`
  switch (order) {
    case "pause":
      return `${name} is paused ${after}`
    case "resume":
      return `${name} takes work again ${after}`
    case "restart":
      return `${name} is back ${after}, at the end of the line, as ${newId}`
    case "kill":
      return `${name} is gone ${after}`
    default:
      return `${name} left ${after}`
  }
}

/** `2 ms`, `1.2 s`. */
function timeIn(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

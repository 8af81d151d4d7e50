/** `pool stop`, `kill`, `restart`, `pause` and `resume`: orders to one member; and `hand-over`, to the leader. */
import { Command, Option } from "commander"
import { durationIn, withPoolFlags } from "../flags/flags.js"
import type { HandOverFlags, OrderFlags, OrderToOne } from "../orders.js"

const DEFAULT_TIMEOUT_MS = 30_000

const DESCRIPTIONS: Record<OrderToOne, string> = {
  stop: "have a member leave kindly: it finishes what it does, and the next in line leads",
  kill: "end a member's process at once, as kill -9 does",
  restart: "have a member leave kindly and join anew, at the end of the line",
  pause: "have a member take no work, and keep its place",
  resume: "have a member that is paused take work again",
}

/** The commands, to be added to a program. */
export function orderCommands(): Command[] {
  const names = Object.keys(DESCRIPTIONS) as OrderToOne[]
  return [...names.map(orderCommand), handOverCommand()]
}

function orderCommand(name: OrderToOne): Command {
  return withOrderFlags(new Command(name))
    .description(DESCRIPTIONS[name])
    .argument("<member>", "its name or id")
    .addHelpText("after", helpOn(`  pool ${name} b\n  pool ${name} b --pool mail --json`))
    .action(async (member: string, flags: OrderFlags) => {
      const { giveOrder } = await import("../orders.js")
      await giveOrder(name, member, flags)
    })
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
    .action(async (member: string | undefined, flags: HandOverFlags) => {
      const { giveLead } = await import("../orders.js")
      await giveLead(member, flags)
    })
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

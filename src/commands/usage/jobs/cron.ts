/** `pool cron`: what is to be done at which times. */
import { Command, Option } from "commander"
import { durationIn, withPoolFlags } from "../../flags/flags.js"
import type { CronAddFlags, CronFlags } from "../../jobs/cron.js"

/** The command, to be added to a program. */
export function cronCommand(): Command {
  const command = new Command("cron").description(
    "what is to be done at which times: a job each, once, whoever leads",
  )
  const changes = {
    remove: "fire it no more, and forget it",
    pause: "fire none of its ticks until it is resumed, and those of that time never",
    resume: "fire its ticks again, from now on",
  } as const
  for (const subcommand of [addCommand(), ...changesOf(changes), listCommand(), history()]) {
    command.addCommand(subcommand)
  }
  return command.addHelpText(
    "after",
    `
Whoever leads fires them, if it has jobs or cron itself. What is defined here goes before what is defined in code.

Examples:
  pool cron add nightly '0 3 * * *' --tz Europe/Vienna --job report --missed once
  pool cron list
  pool cron history nightly
  pool cron pause nightly`,
  )
}

function addCommand(): Command {
  const missed = new Option("--missed <policy>", "what becomes of ticks while nobody led")
  return withPoolFlags(new Command("add"))
    .description("enqueue a job at each tick of an expression")
    .argument("<name>", "1 to 64 letters, digits, - or _; one of that name is replaced")
    .argument("<at>", "minute hour day month weekday, seconds before them if need be; or @daily")
    .requiredOption("--job <queue>", "the queue in which a job is enqueued")
    .option("--tz <zone>", "the time zone that is meant", "UTC")
    .option("--payload <text>", "the payload of each job (default: none)")
    .addOption(missed.choices(["skip", "once", "all"]).default("skip"))
    .option(
      "--grace <time>",
      "what was missed longer ago is not fired (default: 1m with skip, else no limit)",
      durationIn("--grace"),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Of ticks that fell due while nobody led skip fires those of the last minute, once the last one, all each of them.

Examples:
  pool cron add nightly '0 3 * * *' --tz Europe/Vienna --job report --missed once
  pool cron add beat '*/10 * * * * *' --job beat --payload '{"of":"cron"}'`,
    )
    .action(async (name: string, at: string, flags: CronAddFlags) => {
      const { addCron } = await import("../../jobs/cron.js")
      await addCron(name, at, flags)
    })
}

function changesOf(changes: Record<"remove" | "pause" | "resume", string>): Command[] {
  return (["remove", "pause", "resume"] as const).map((what) =>
    withPoolFlags(new Command(what))
      .description(changes[what])
      .argument("<name>", "its name, see: pool cron list")
      .option("--json", "print JSON")
      .addHelpText("after", `\nExamples:\n  pool cron ${what} nightly`)
      .action(async (name: string, flags: CronFlags) => {
        const { changeCron } = await import("../../jobs/cron.js")
        await changeCron(what, name, flags)
      }),
  )
}

function listCommand(): Command {
  return withPoolFlags(new Command("list"))
    .description("what is defined, the last tick and what became of it, and the next")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
LATE is how long after its tick a job was enqueued, BECAME what became of it: done is what is found nowhere any more.

Examples:
  pool cron list
  pool cron list --pool mail --json`,
    )
    .action(async (flags: CronFlags) => {
      const { listCron } = await import("../../jobs/cron.js")
      await listCron(flags)
    })
}

function history(): Command {
  return withPoolFlags(new Command("history"))
    .description("the last ten ticks: how late, by whom, and what became of each")
    .argument("[name]", "of this one alone, see: pool cron list")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
LATE is how long after its tick a job was enqueued, BECAME what became of it: done is what is found nowhere any more.

Examples:
  pool cron history
  pool cron history nightly --json`,
    )
    .action(async (name: string | undefined, flags: CronFlags) => {
      const { showCronHistory } = await import("../../jobs/cron-history.js")
      await showCronHistory(name, flags)
    })
}

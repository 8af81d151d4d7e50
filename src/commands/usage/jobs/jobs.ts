/** `pool enqueue`, which has a job done; and `pool jobs`, which shows them, and changes one. */
import { Command } from "commander"
import { LONGEST_BACKOFF_MS, LONGEST_MS } from "../../../jobs/contract/job-limits.js"
import { checkedPriority } from "../../../jobs/contract/job-names.js"
import { durationIn, wholeIn, withPoolFlags } from "../../flags/flags.js"
import type { ChangeFlags } from "../../jobs/change-jobs.js"
import type { EnqueueFlags } from "../../jobs/enqueue.js"
import type { JobsFlags } from "../../jobs/list-jobs.js"

/** What a timer can hold, in whole days. */
const LONGEST_WAIT_MS = 24 * 24 * 3_600_000

/** The commands, to be added to a program. */
export function jobCommands(): Command[] {
  return [enqueueCommand(), jobsCommand()]
}

function enqueueCommand(): Command {
  return withPoolFlags(new Command("enqueue"))
    .description("have a job done: it is stored until it is, and survives whoever does it")
    .argument("<queue>", "what kind of job it is; a worker serves it with a handler of that name")
    .argument("[payload]", "what to send (default: nothing); - reads it from standard input")
    .option("--in <time>", "not before that time has passed", durationIn("--in", 0, LONGEST_MS))
    .option("--unique <text>", "not if one that is unique by the same is there already")
    .option("--id <id>", "an id of your own; enqueuing it again does nothing")
    .option("--attempts <n>", "how often it may fail (default: 5)", wholeIn("--attempts", 1))
    .option(
      "--backoff <time>",
      "the first pause after a failure (default: 1s)",
      durationIn("--backoff", 1, LONGEST_BACKOFF_MS),
    )
    .option("--priority <n>", "0 to 2, 2 is done first (default: 0)", (text) =>
      checkedPriority(wholeIn("--priority", 0)(text)),
    )
    .option("--keep <time>", "keep its result for so long", durationIn("--keep", 1, LONGEST_MS))
    .option(
      "--result [time]",
      "wait for its result, at most so long",
      durationIn("--result", 1, LONGEST_WAIT_MS),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit codes: 0 stored (with --result: done), 1 it failed, 2 bad usage, 3 nobody is there.

Examples:
  pool enqueue send '{"to":"ann@example.org"}'
  pool enqueue send '{"to":"ann@example.org"}' --in 10m --unique ann
  pool enqueue send '{"to":"bob@example.org"}' --priority 2
  pool enqueue report --result 1m`,
    )
    .action(async (queue: string, payload: string | undefined, flags: EnqueueFlags) => {
      const { enqueue } = await import("../../jobs/enqueue.js")
      await enqueue(queue, payload, flags)
    })
}

function jobsCommand(): Command {
  const command = withPoolFlags(new Command("jobs"))
    .description("what waits, runs, is delayed and is dead; and orders to one job or queue")
    .option("--json", "print JSON")
    .option("-w, --watch", "again every two seconds")
    .addHelpText(
      "after",
      `
Examples:
  pool jobs
  pool jobs show <id>
  pool jobs cancel <id>
  pool jobs retry --dead --queue send
  pool jobs pause send`,
    )
    .action(async (flags: JobsFlags) => {
      const { listJobs } = await import("../../jobs/list-jobs.js")
      await listJobs(flags)
    })
  const subcommands = [show(), cancel(), retry(), discard(), pause(true), pause(false)]
  for (const subcommand of subcommands) command.addCommand(subcommand)
  return command
}

function sub(name: string, description: string): Command {
  return new Command(name).description(description)
}

function show(): Command {
  return sub("show", "all that is known of one job")
    .argument("<id>", "its id")
    .action(async (id: string, _flags: object, command: Command) => {
      const { showJob } = await import("../../jobs/list-jobs.js")
      await showJob(id, command.optsWithGlobals<JobsFlags>())
    })
}

function cancel(): Command {
  return sub("cancel", "end a job: it is not done, or its handler is told to stop")
    .argument("<id>", "its id")
    .option("--reason <text>", "what its handler is told")
    .action(async (id: string, _flags: object, command: Command) => {
      const { cancelJob } = await import("../../jobs/change-jobs.js")
      await cancelJob(id, command.optsWithGlobals<ChangeFlags>())
    })
}

function retry(): Command {
  return withDeadFlags(sub("retry", "have a job done now that is dead or delayed"))
    .argument("[id]", "its id")
    .action(async (id: string | undefined, _flags: object, command: Command) => {
      const { retryJobs } = await import("../../jobs/change-jobs.js")
      await retryJobs(id, command.optsWithGlobals<ChangeFlags>())
    })
}

function discard(): Command {
  return withDeadFlags(sub("discard", "forget a job that is dead"))
    .argument("[id]", "its id")
    .action(async (id: string | undefined, _flags: object, command: Command) => {
      const { discardJobs } = await import("../../jobs/change-jobs.js")
      await discardJobs(id, command.optsWithGlobals<ChangeFlags>())
    })
}

function pause(isOn: boolean): Command {
  const description = isOn
    ? "hand out no job of a queue; what runs goes on"
    : "hand out the jobs of a queue again"
  return sub(isOn ? "pause" : "resume", description)
    .argument("<queue>", "its name")
    .action(async (queue: string, _flags: object, command: Command) => {
      const { pauseQueue } = await import("../../jobs/change-jobs.js")
      await pauseQueue(queue, isOn, command.optsWithGlobals<ChangeFlags>())
    })
}

function withDeadFlags(command: Command): Command {
  return command
    .option("--dead", "all that are dead")
    .option("--queue <name>", "of these, those of this queue")
}

/** The keys: what each does, and the words that the hints and the help use for it. */

/** Everything a key can ask for. */
export type Command =
  | "simple"
  | "tracked"
  | "burst"
  | "stop"
  | "kill"
  | "restart"
  | "hand-over"
  | "freeze"
  | "rest"
  | "start"
  | "lame-duck"
  | "bring-back"
  | "bring-back-empty"
  | "switch"
  | "jobs"
  | "cancel"
  | "discard"
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "first"
  | "last"
  | "filter"
  | "pause"
  | "redraw"
  | "help"
  | "clear"
  | "suspend"
  | "quit"

export type Group = "Work" | "Workers" | "Servers" | "Jobs" | "View"

/** One word for the line of hints, and how soon it is given up where that is short: 1 stays longest. */
export interface Hint {
  readonly word: string
  readonly rank: number
}

export interface Binding {
  readonly command: Command
  /** As `key-names.ts` names them. */
  readonly keys: readonly string[]
  readonly group: Group
  /** The keys as the help shows them; absent where the help doesn't. */
  readonly shown?: string
  readonly help: string
  readonly hint?: Hint
  /** The hint while the servers are in focus, of one that does the same to them. */
  readonly atServers?: Hint
  /** What it does on the page of jobs, of one that does something else there. */
  readonly atJobs?: { readonly hint: Hint; readonly help: string }
}

const BINDINGS: readonly Binding[] = [
  bind("simple", "w", "Work", "simple work: any worker", "work", 1),
  bind("tracked", "t", "Work", "tracked work: the leader", "tracked", 4),
  bind("burst", "B", "Work", "a burst: ten times simple", "burst", 9),
  bind("jobs", "j", "Work", "the jobs, and back", "jobs", 2),
  {
    ...bind("stop", "s", "Workers", "stop kindly: finish, leave", "stop", 1),
    atServers: { word: "stop", rank: 2 },
  },
  {
    ...bind("kill", "K", "Workers", "kill -9, asks first", "kill", 1),
    atServers: { word: "kill", rank: 1 },
  },
  {
    ...bind("restart", "r", "Workers", "restart: end of the line", "restart", 3),
    atJobs: { hint: { word: "retry", rank: 1 }, help: "retry what is dead" },
  },
  bind("hand-over", "h", "Workers", "hand leadership to it", "hand over", 5),
  bind("freeze", "z", "Workers", "freeze, and thaw again", "freeze", 6),
  {
    ...bind("rest", "P", "Workers", "rest: no work, and resume", "rest", 10),
    atJobs: { hint: { word: "pause", rank: 2 }, help: "pause a queue, resume it" },
  },
  bind("start", "n", "Workers", "start a new worker", "new", 3),
  bind("lame-duck", "l", "Servers", "leave (lame duck)", "lame duck", 1),
  { ...bind("bring-back", "b", "Servers", "back; back empty", "back", 1), shown: "b E" },
  { ...bind("bring-back-empty", "E", "Servers", "", "empty", 2), shown: undefined },
  bind("switch", "tab", "Servers", "servers, workers", "servers", 2),
  bind("cancel", "c", "Jobs", "cancel what runs, asks", "cancel", 1),
  bind("discard", "d", "Jobs", "forget what is dead, asks", "discard", 2),
  { ...bind("up", "up", "View", "up, down"), keys: ["up", "ctrl-p"], shown: "^P ^N" },
  { command: "down", keys: ["down", "ctrl-n"], group: "View", help: "" },
  { command: "page-up", keys: ["page-up", "ctrl-u", "ctrl-b"], group: "View", help: "" },
  { command: "page-down", keys: ["page-down", "ctrl-d", "ctrl-f"], group: "View", help: "" },
  { ...bind("first", "g", "View", "first, last"), keys: ["g", "home"], shown: "g G" },
  { command: "last", keys: ["G", "end"], group: "View", help: "" },
  bind("filter", "/", "View", "filter", "filter", 7),
  bind("pause", "p", "View", "pause the screen", "pause", 8),
  { ...bind("redraw", "ctrl-l", "View", "redraw"), shown: "^L" },
  bind("help", "?", "View", "this help", "help", 1),
  { command: "clear", keys: ["escape"], group: "View", help: "" },
  { ...bind("suspend", "ctrl-z", "View", "back to shell"), shown: "^Z" },
  { ...bind("quit", "q", "View", "quit", "quit", 1), keys: ["q", "ctrl-c"], shown: "q ^C" },
]

export const KEYMAP: readonly Binding[] = BINDINGS

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  BINDINGS.flatMap(({ keys, command }) => keys.map((key) => [key, command] as const)),
)

/** What `key` asks for, if anything. */
export function commandOf(key: string): Command | undefined {
  return COMMANDS.get(key)
}

/** The one of its keys that stands for it where there is room for one: as the help shows it. */
export function firstKeyOf({ shown, keys: [first = ""] }: Binding): string {
  return shown?.split(" ")[0] ?? first
}

/** The keys that have a hint on the page of jobs, with what they do there. */
export function keysAtJobs(): readonly Binding[] {
  const own = BINDINGS.flatMap((binding): Binding[] => {
    const { atJobs, command, group } = binding
    if (atJobs) return [{ ...binding, ...atJobs, group: "Jobs" }]
    if (command === "jobs") return [{ ...binding, hint: { word: "back", rank: 1 }, group: "View" }]
    return group === "Jobs" || group === "View" ? [binding] : []
  })
  return own.filter(({ hint }) => hint).toSorted((a, b) => RANK[a.group] - RANK[b.group])
}

/** Jobs first. */
const RANK: Readonly<Record<Group, number>> = { Jobs: 0, Work: 1, Workers: 1, Servers: 1, View: 1 }

function bind(
  command: Command,
  key: string,
  group: Group,
  help: string,
  word?: string,
  rank = 0,
): Binding {
  const binding = { command, keys: [key], group, shown: key, help }
  return word === undefined ? binding : { ...binding, hint: { word, rank } }
}

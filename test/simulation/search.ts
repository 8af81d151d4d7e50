/** Looks for a schedule of the election that breaks a promise, and says what the schedules were made of. */
import * as hunting from "./hunt.js"
import {
  FAMILIES,
  type FamilyName,
  type Kind,
  type Schedule,
  schedules,
  terrainOf,
} from "./schedule.js"
import { type Outcome, run } from "./world.js"

export interface Found extends hunting.Found<FamilyName, Schedule, Kind> {
  readonly reigns: number
  /** The longest wait for a leader, as a share of what is allowed. */
  readonly longest: number
  /** How many schedules had at most so many members at once. */
  readonly members: ReadonlyMap<number, number>
}

const ELECTION: hunting.Game<FamilyName, Schedule, Outcome> = {
  script: "test/simulation/explore.ts",
  schedules: (name) => schedules(FAMILIES[name]),
  run: (schedule, name, isTraced) => run(schedule, terrainOf(name), isTraced),
}

/** Runs schedules of a family, or until one breaks a promise; then shrinks it. */
export async function explore(name: FamilyName, options: hunting.SearchOptions): Promise<Found> {
  const sums = { reigns: 0, longest: 0 }
  const members = new Map<number, number>()
  const found = await hunting.hunt(ELECTION, name, options, (outcome) => {
    sums.reigns += outcome.reigns
    sums.longest = Math.max(sums.longest, outcome.waited)
    hunting.count(members, outcome.members)
  })
  return { ...found, ...sums, members }
}

/** The failure in words; see hunt.ts. */
export function reportOf(found: Found): Promise<string> {
  return hunting.reportOf(ELECTION, found)
}

/** What the schedules were made of, in a line: how many members, and how often what happened. */
export function censusOf({ events, reigns, runs, happened, members }: Found): string {
  const told = <T>(counts: ReadonlyMap<T, number>, name: (what: T) => string) =>
    [...counts]
      .map(([what, n]) => `${name(what)} ${n}`)
      .sort()
      .join(", ")
  const each = `${(events / runs).toFixed(0)} events and ${(reigns / runs).toFixed(1)} reigns each`
  return `${each}; members: ${told(members, (n) => `${n} in`)}; happened: ${told(happened, (kind) => kind)}`
}

/** Looks for a schedule of jobs or cron that breaks a promise, and says what the schedules were made of. */
import * as hunting from "../hunt.js"
import { FAMILIES, type FamilyName, type Kind, type Schedule, schedules } from "./schedule.js"
import { type Outcome, run } from "./world.js"

export interface Found extends hunting.Found<FamilyName, Schedule, Kind> {
  readonly attempts: number
  readonly ticks: number
}

const JOBS: hunting.Game<FamilyName, Schedule, Outcome> = {
  script: "test/simulation/jobs/explore.ts",
  schedules: (name) => schedules(FAMILIES[name]),
  run: (schedule, name, isTraced) => run(schedule, FAMILIES[name], isTraced),
}

/** Runs schedules of a family, or until one breaks a promise; then shrinks it. */
export async function explore(name: FamilyName, options: hunting.SearchOptions): Promise<Found> {
  const sums = { attempts: 0, ticks: 0 }
  const found = await hunting.hunt(JOBS, name, options, (outcome) => {
    sums.attempts += outcome.attempts
    sums.ticks += outcome.ticks
  })
  return { ...found, ...sums }
}

/** The failure in words; see hunt.ts. */
export function reportOf(found: Found): Promise<string> {
  return hunting.reportOf(JOBS, found)
}

/** What the schedules were made of, in a line. */
export function censusOf({ events, attempts, ticks, runs, happened }: Found): string {
  const told = [...happened].map(([kind, n]) => `${kind} ${n}`).sort()
  const each = [events, attempts, ticks].map((sum) => (sum / runs).toFixed(1))
  return `${each[0]} events, ${each[1]} attempts and ${each[2]} ticks each; happened: ${told.join(", ")}`
}

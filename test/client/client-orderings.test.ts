import t from "tap"
import { play } from "../fixtures/ordering.js"

/** A leader of term 7 that answered once, and has kept a request since: the second that it heard. */
const WITH_OLD = "A leads: 7: | keeps, lead, lead"
/** The same, and then nobody leads. */
const OLD_LEFT = "A leads: 7:, lead, A leaves"
/** A request that met nobody, and then one who listens as an heir does before its claim is acknowledged. */
const IN_VACANCY = "lead, C leads: keeps, 10 ms"

/** What each ordering shows, and how it goes; see `fixtures/ordering.ts` for the words. */
const ORDERINGS: Record<string, Record<string, string | readonly string[]>> = {
  "simple work": {
    "a failure that a worker answers is thrown, and not repeated": [
      "400",
      "429",
      "500",
      "500 unknown",
    ].map(
      (failure) =>
        `A works: ${failure} | :done, work, 100 ms, fails WorkFailed ${failure.slice(0, 3)}, A heard 1`,
    ),
    "a failure of unknown outcome is repeated if that does no harm":
      "A works: 500 unknown | :done, work idempotent, 10 ms, gets done, A heard 2",
    "a failure of the handler's own is not repeated, though it did no harm": [
      "400",
      "429",
      "500",
    ].map(
      (failure) =>
        `A works: ${failure} | :done, work idempotent, 100 ms, fails WorkFailed ${failure}, A heard 1`,
    ),
    "a handler that was too slow is not asked again":
      "A works: 504 unknown | :done, work idempotent, 100 ms, fails WorkFailed 504, A heard 1",
    "when all are full it asks again after 4, 8 and 16 ms, until there is room":
      "A works: 429 not-done | 429 not-done | 429 not-done | :done, work, 27 ms, open, A heard 3, 1 ms, gets done, A heard 4",
    "when all stay full the last refusal is thrown":
      "A works: 429 not-done, work within 1000 ms, 999 ms, open, 1 ms, fails WorkFailed 429, 0 alarms",
    "a pool without members is waited for":
      "work within 1000 ms, 500 ms, open, A works: :done, 100 ms, gets done",
    "nobody comes: NoWorkers, at the timeout":
      "work within 1000 ms, 979 ms, open, 21 ms, fails NoWorkers, 0 alarms",
    "who doesn't want to wait for members learns at once that there are none": [
      "work no-wait, fails NoWorkers, 0 alarms",
      "lead no-wait, fails NoWorkers, 0 alarms",
    ],
    "members that are there but full, or without a leader, are waited for all the same": [
      "D is there: :{}, work no-wait, 100 ms, open, D heard 1, A works: :done, 100 ms, gets done",
      "D is there: :{}, lead no-wait, 100 ms, open, D heard 1, A leads: :done, 100 ms, gets done",
    ],
    "no answer is a timeout, and what may have been done is not repeated": ["", " idempotent"].map(
      (how) =>
        `A works: keeps, work${how} within 1000 ms, 999 ms, open, 1 ms, fails RequestTimeout, A heard 1, 0 alarms`,
    ),
  },

  "who leads is waited for": {
    "until that is announced, and asked at once":
      "lead, 1000 ms, open, A leads: 7:done, A heard 0, announce 7, gets done, 0 alarms",
    "until it is heard that somebody has led all the time":
      "lead, 1000 ms, A leads: 7:done, announce 12 of 7, gets done, A heard 1",
    "until the timeout": "lead within 1000 ms, 979 ms, open, 21 ms, fails NoLeader, 0 alarms",
    "when a leaving leader refuses":
      "A leads: 409 not-done | 7:done, lead, 10 ms, gets done, A heard 2",
    "but what is of unknown outcome is not asked again, unless that does no harm": [
      "A leads: 409 unknown | 7:done, lead, 100 ms, fails LeaderChanged, A heard 1",
      "A leads: 409 unknown | 7:done, lead idempotent, 100 ms, gets done, A heard 2",
    ],
  },

  "what is with the old leader when a new one is announced": {
    "is given up": `${WITH_OLD}, announce 9, 19 ms, open, 1 ms, fails LeaderChanged 9, A heard 2`,
    "succeeds if its answer was under way": `${WITH_OLD}, announce 9, 19 ms, A answers 2 with 7:in time, gets in time, 100 ms, 0 alarms`,
    "fails if its answer comes after one of the new leader": `${WITH_OLD}, A leaves, B leads: 9:new, announce 9 + lead, 3 gets new, A answers 2 with 7:late, 2 fails LeaderChanged 9`,
    "is given up, too, when what leads doesn't say which it has": `S says: :, ${WITH_OLD}, announce 9, 20 ms, fails LeaderChanged 9`,
    "isn't given up for a leader that was followed before it said so": `${WITH_OLD}, S says: after 50 ms 9: | 12:*, announce 9, 30 ms, announce 12, 100 ms, open`,
    "goes to the new leader when it does no harm twice":
      "A leads: 7: | keeps, lead, lead idempotent, A leaves, B leads: 9:new, announce 9, 30 ms, gets new, B heard 1",
    "isn't hidden by what met nobody": `${WITH_OLD}, A leaves, ${IN_VACANCY}, announce 9, 20 ms, 2 fails LeaderChanged 9, 3 open`,
    "is given up, too, if no leader was known before":
      "A leads: keeps, lead, announce 9, 20 ms, fails LeaderChanged 9",
    "leaves no timer when the client is closed meanwhile":
      "A leads: keeps, lead, 1 alarms, announce 9, 2 alarms, close, 0 alarms, fails ClientClosed",
  },

  "what the new leader has": {
    "stays with it though it came before its reign was announced; another reign makes that doubtful": `${OLD_LEFT}, B is slow leader of 9, lead, announce 9, 500 ms, open, B finishes 1 with slow, gets slow,
       lead, B leaves, C is leader of 12, announce 12, 20 ms, fails LeaderChanged`,
    "was sent while nobody led, and stays with it":
      "lead, B is slow leader of 9, 10 ms, announce 9, 500 ms, open, B finishes 1 with slow, gets slow, B did 1",
    "is not told by one that met nobody just before its reign was announced": `${OLD_LEFT}, lead + announce 9 + B is slow leader of 9, B has 1 in hand,
       lead, announce 12, 20 ms, 2 fails LeaderChanged 12, 3 fails LeaderChanged 12`,
    "is not given up for its first attempt": `${WITH_OLD}, A leaves, B is slow leader of 9, announce 9, A answers 2 with 409 not-done, 500 ms, B has 1 in hand, open`,
    "is not given up for its last attempt while it waits to be asked again": `S says: 9:, ${IN_VACANCY}, announce 9, 19 ms, C answers 1 with 409 not-done, 1 ms, C heard 1, 100 ms, C heard 2, open`,
    "is what first met nobody": `${OLD_LEFT}, ${IN_VACANCY}, C heard 1, announce 9, 500 ms, open, C answers 1 with 9:slow, gets slow`,
    "is no more what died with a claimant: it is given up, or asked again": [
      `${OLD_LEFT}, ${IN_VACANCY}, C leaves, B is leader of 9, announce 9, 19 ms, open, 10 ms, fails LeaderChanged 9, B did 0`,
      `${OLD_LEFT}, ${IN_VACANCY.replace("lead", "lead idempotent")}, C leaves, B is leader of 9, announce 9, 19 ms, open,
       10 ms, gets done, B did 1`,
    ],
    "is not told by a leader of another term, or by none": ["7:", "keeps"].map(
      (words) =>
        `S says: ${words}, ${IN_VACANCY}, announce 9, 1000 ms, open, 990 ms, fails RequestTimeout, 0 alarms`,
    ),
    "may be told late": `S says: after 300 ms 9:, ${IN_VACANCY}, announce 9, 299 ms, open, 1 ms, fails LeaderChanged 9`,
    "is whatever was sent after a renewal, and after a late answer of the old one": [
      `A leads: 7: | keeps | 409 not-done, lead, lead, lead, announce 8 of 7 + A answers 2 with 7:late, 2 gets late,
       A leaves, C leads: keeps, 10 ms, C heard 1, announce 9, 500 ms, 3 open`,
      `A leads: keeps | keeps | 409 not-done, lead + lead, lead, announce 8 of 7 + A answers 1 with 7:late + A answers 2 with 7:late,
       1 gets late, A leaves, C leads: keeps, 10 ms, C heard 1, announce 9, 500 ms, 3 open`,
    ],
  },

  "what its leader is silent about": {
    "is asked for after a second, and after two and four more":
      "S says: 7:*, A leads: keeps, lead within 9000 ms, 999 ms, S heard 0, 1 ms, S heard 1, 1999 ms, S heard 1, 1 ms, S heard 2, 4000 ms, S heard 3, 20 ms, open, 1 alarms",
    "is in hand, and waited for":
      "A is slow leader of 7, lead within 9000 ms, 8000 ms, open, A finishes 1 with slow, gets slow, A did 1",
    "was lost if that one has it not: that is said, or it is repeated where that does no harm": [
      `S says: 7:, ${WITH_OLD}, 1019 ms, open, 1 ms, fails RequestLost, A heard 2, 0 alarms`,
      "S says: 7:, A leads: keeps | 7:done, lead idempotent, 1019 ms, open, 10 ms, gets done, A heard 2, 0 alarms",
    ],
    "was not lost if its answer was under way": `S says: 7:, ${WITH_OLD}, 1019 ms, A answers 2 with 7:in time, gets in time, 100 ms, 0 alarms`,
    "is waited for where nobody says what became of it, and where one says so who was replaced": [
      `${WITH_OLD}, 1999 ms, open, 1 ms, fails RequestTimeout, 0 alarms`,
      `S says: keeps, ${WITH_OLD}, 1999 ms, open, 1 ms, fails RequestTimeout, 0 alarms`,
      `S says: 5:, ${WITH_OLD}, 1999 ms, open, 1 ms, fails RequestTimeout, 0 alarms`,
    ],
    "is waited for though its leader, which had it, listens to no such question any more":
      "S says: 9:*, A leads: keeps, lead within 9000 ms, announce 9, 100 ms, S heard 1, S leaves, 8000 ms, open",
    "may be with one whose reign only that word tells of": `S says: 9:* | 9:, ${WITH_OLD}, 1019 ms, open, S heard 2, 1 ms, fails LeaderChanged 9, 0 alarms`,
    "is asked for anew with each attempt":
      "S says: 7:, A leads: 7: | 409 not-done | keeps, lead, lead, 4 ms, A heard 3, 999 ms, S heard 0, 1 ms, S heard 1, 20 ms, fails RequestLost",
    "is no affair of a leader where any member may have it":
      "S says: 7:, A works: keeps, work, 1999 ms, S heard 0, open",
  },

  announcements: {
    "of renewals trouble nothing, of a reign known or unknown": `A leads: keeps, lead within 10000 ms, announce 12 of 7, 500 ms, announce 15 of 7, 500 ms, announce 20 of 7, 500 ms,
       open, A answers 1 with 7:slow, gets slow`,
    "that are none, or old, trouble nothing": `${WITH_OLD}, announce what is none: what? + announce what is none: {} + announce 5 + announce 9 of 7, 100 ms, open`,
    "of a bucket that was wiped count once they are renewed, though terms begin anew": `A leads: 40:old | keeps, lead, announce 44 of 40 old + lead, announce 3 new + announce 46 of 40 old
       + announce 3 new + announce 3 new, 100 ms, open, announce 5 of 3 new, 20 ms, fails LeaderChanged 3,
       A leaves, B leads: 3:new, lead, gets new`,
    "tell a reign from another one of the same term in a bucket that was wiped": `A leads: 4:old | keeps, lead, announce 6 of 4 old + lead, announce 4 new + announce 5 of 4 new, 20 ms, fails LeaderChanged 4`,
    "tell it from one that was known by answers alone":
      "A leads: 4:old | keeps, lead, lead, announce 4 new, 20 ms, fails LeaderChanged 4",
    "of a short reign in a wiped bucket leave nothing to it that met nobody": `A leads: 40:, lead, announce 44 of 40 old + A leaves, ${IN_VACANCY}, announce 3 short, 100 ms, open, C leaves,
       B is leader of 50, announce 50 next, 20 ms, fails LeaderChanged 50`,
    "and answers tell that a leader was replaced: then its answers are refused": `A leads: 9: | 7:stale | 9:stale, lead, lead, fails LeaderChanged 9, announce 12, lead, fails LeaderChanged 12`,
  },
}

for (const [subject, orderings] of Object.entries(ORDERINGS)) {
  t.test(subject, async (t) => {
    for (const [title, scripts] of Object.entries(orderings)) {
      t.test(title, async (t) => {
        for (const script of [scripts].flat()) await play(t, script)
      })
    }
  })
}

import t from "tap"
import { holdUp } from "./hold-up.js"

t.test(
  "on a good network the next in line leads within a few messages, or a lease after an unseen death",
  (t) => holdUp(t, "calm"),
)

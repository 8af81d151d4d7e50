import t from "tap"
import { holdUp } from "./hold-up.js"

t.test(
  "late and lost answers, followers that hear nothing: whoever counts a lease errs on the safe side",
  (t) => holdUp(t, "lease"),
)

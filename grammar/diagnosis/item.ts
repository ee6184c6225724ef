import type { ParseFault } from "../fault.ts";
import { type Frame, previousToken, type State } from "./cursor.ts";
import { refuse } from "./mistake.ts";
import { splitPair, suggest } from "./proposal.ts";

/** An item of a bracket has ended: whether it may stand where it stands. */
export function finishItem(state: State, frame: Frame): ParseFault | null {
  if (!frame.filled || frame.first === null) return null;
  const span = { start: frame.first.start, end: previousToken(state).end };
  if (frame.kind === "call") {
    if (frame.named) frame.keywords = true;
    else if (frame.keywords) {
      return refuse(
        "positional-after-keyword",
        "an argument without a name follows one with a name",
        span,
        "give its name, or move it to the front",
      );
    }
  }
  if (frame.kind === "brace") {
    if (frame.named) frame.entries += 1;
    else frame.items += 1;
    if (!frame.named && frame.entries > 0)
      return refuse("missing-colon", "this dict entry has no value", span, "write key: value", ["`:`"]);
    if (frame.named && frame.items > 0) {
      const pair = splitPair(state.source.slice(frame.open.end, span.start));
      const hint = suggest(
        pair === undefined ? undefined : `${pair[0]}: ${pair[1]}`,
        "write key: value for each of them, or for none",
      );
      return refuse("missing-colon", "the entries before this have no `:`", span, hint, ["`:`"]);
    }
  }
  return null;
}

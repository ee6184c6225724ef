import type { ParseFault } from "../fault.ts";
import { diagnoseArguments } from "./arguments.ts";
import { diagnoseName } from "./command.ts";
import { type Cursor, skipLines } from "./cursor.ts";
import { diagnoseRest } from "./rest.ts";
import { tokenize } from "./token.ts";

/**
 * Finds the mistake in a source that the grammar has refused. It reads more than the language, from left to right and
 * without recursion, and stops at the first thing the language does not have. Null means that it saw none.
 */
export function diagnose(source: string, takesCalls = false): ParseFault | null {
  const cursor: Cursor = { source, tokens: tokenize(source), takesCalls, index: 0 };
  skipLines(cursor);
  return diagnoseName(cursor) ?? diagnoseArguments(cursor) ?? diagnoseRest(cursor);
}

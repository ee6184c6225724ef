import { fault, RustiqError, reasonOf } from "../errors.ts";
import type { Command } from "../plugin/contract.ts";
import type { Json } from "../plugin/surroundings.ts";

/** The answer of a handler as plain JSON: what it changes afterwards in what it gave is not in it. */
export function checkResult(
  answer: unknown,
  run: {
    readonly service: string;
    readonly command: string;
    readonly definition: Pick<Command, "result">;
    readonly resultBytes: number;
  },
): Json {
  const { service, command, definition, resultBytes } = run;
  const refuse = (reason: string) => fault("result-invalid", { service, command, reason });
  let text: string | undefined;
  try {
    const parsed = definition.result.safeParse(answer);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const place = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
      throw refuse(`${place}${issue?.message ?? "is refused"}`);
    }
    text = JSON.stringify(parsed.data ?? null);
  } catch (thrown) {
    throw thrown instanceof RustiqError ? thrown : refuse(`it is not JSON: ${reasonOf(thrown)}`);
  }
  if (text === undefined) throw refuse(`it is not JSON: a ${typeof answer}`);
  const found = Buffer.byteLength(text);
  if (found > resultBytes) throw fault("result-too-large", { service, command, found, limit: resultBytes });
  return JSON.parse(text) as Json;
}

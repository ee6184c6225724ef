import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { fault } from "../errors.ts";
import type { Refusal } from "./answer.ts";

/** Bytes of a request body at the most. */
export const largestRequest = 1024 * 1024;
/** Bytes of a body that nobody wants which are let pass, so that its sender comes to read why. */
const mostPassed = 16 * 1024 * 1024;

const tooLarge = () => ({ status: 413, fault: fault("request-too-large", { limit: largestRequest }) });

/** What the headers already tell against the body. */
export function refuseBody({ headers }: IncomingMessage): Refusal | undefined {
  const type = headers["content-type"];
  const encoding = headers["content-encoding"];
  const [media = "", ...parameters] = (type ?? "").toLowerCase().split(";");
  const isForeign = parameters.some(
    (parameter) => /^\s*charset\s*=/.test(parameter) && !/utf-?8"?\s*$/.test(parameter),
  );
  if (media.trim() !== "application/json" || isForeign) {
    const found = type === undefined ? "of no type" : JSON.stringify(type.slice(0, 100));
    return { status: 415, fault: fault("request-type", { found }) };
  }
  if (encoding !== undefined && encoding !== "identity") {
    return {
      status: 415,
      fault: fault("request-type", { found: `encoded as ${JSON.stringify(encoding.slice(0, 100))}` }),
    };
  }
  return Number(headers["content-length"] ?? 0) > largestRequest ? tooLarge() : undefined;
}

/** The body as text; what is wrong with it instead. Rejects when the caller goes away. */
export async function readBody(request: IncomingMessage): Promise<string | Refusal> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not left at the limit: leaving the loop would close the connection before the answer is read.
  const tooMuch = await new Promise<boolean>((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > largestRequest) resolve(true);
      else chunks.push(chunk);
    });
    request.once("end", () => resolve(false));
    request.once("error", reject);
    request.once("close", () => reject(new Error("the caller went away")));
  });
  if (tooMuch) return tooLarge();
  const bytes = Buffer.concat(chunks);
  if (isUtf8(bytes)) return bytes.toString("utf8");
  return { status: 400, fault: fault("request-shape", { place: "the body", expected: "UTF-8" }) };
}

/** Lets the rest of a refused request pass unread: cut off in the middle of sending, its caller would not see the answer. */
export function letPass(request: IncomingMessage): void {
  let size = 0;
  request.on("error", () => undefined);
  request.on("data", (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size > mostPassed) request.destroy();
  });
}

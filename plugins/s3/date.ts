import type { S3Client } from "@aws-sdk/client-s3";

/**
 * Adds the answer's `Date` header to `$metadata.date` in milliseconds: a PUT says no other time of the object it made.
 * https://www.rfc-editor.org/rfc/rfc9110#field.date
 */
export function readDate(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const headers = headersOf(result.response);
      const date = Date.parse(headers["date"] ?? "");
      if (Number.isFinite(date) && result.output !== undefined) Object.assign(result.output.$metadata, { date });
      return result;
    },
    { step: "deserialize", name: "readDate", priority: "high" },
  );
}

function headersOf(response: unknown): Readonly<Record<string, string>> {
  const isAnswer = typeof response === "object" && response !== null && "headers" in response;
  return isAnswer ? (response.headers as Readonly<Record<string, string>>) : {};
}

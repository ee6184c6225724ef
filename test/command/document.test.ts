import { describe, expect, it } from "vitest";
import { type DocumentLimits, readDocument } from "../../core/command/document.ts";
import { defaultLimits } from "../../core/config/configuration.ts";
import { RustiqError } from "../../core/errors.ts";
import { thrownBy } from "./around.ts";
import { wrongDocuments } from "./wrong-documents.ts";

const toBytes = (content: unknown): Uint8Array => {
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
};
const read = (content: unknown, limits: Partial<DocumentLimits> = {}) =>
  readDocument(toBytes(content), { ...defaultLimits, ...limits });
const refuse = (content: unknown, limits: Partial<DocumentLimits> = {}) => {
  const thrown = thrownBy(() => read(content, limits));
  expect(thrown).toBeInstanceOf(RustiqError);
  return thrown as RustiqError;
};

describe("a document", () => {
  it("is an array of entries", () => {
    expect(read([{ command: "a()" }, { command: "b()", id: "second" }])).toEqual({
      id: undefined,
      expires: undefined,
      onError: "continue",
      entries: [
        { command: "a()", id: undefined },
        { command: "b()", id: "second" },
      ],
    });
  });

  it("is an object with more about it", () => {
    const expires = "2030-01-31T12:00:00+01:00";
    expect(read({ id: "batch-1", expires, on_error: "stop", commands: [{ command: "a()" }] })).toEqual({
      id: "batch-1",
      expires: Date.UTC(2030, 0, 31, 11),
      onError: "stop",
      entries: [{ command: "a()", id: undefined }],
    });
  });

  it.each([
    ["no entries", [], 0],
    ["no entries in an object", { commands: [] }, 0],
    ["members of a newer version", { version: 2, commands: [{ command: "a()", priority: 1 }] }, 1],
    ["an id that is null", { id: null, expires: null, commands: [{ command: "a()", id: null }] }, 1],
    ["a byte order mark", `\ufeff${JSON.stringify([{ command: "a()" }])}`, 1],
    ["a command that is nonsense: that is one entry's fault", [{ command: "" }, { command: ")(" }], 2],
    ["a member __proto__ beside a command", '[{"__proto__": {"x": 1}, "command": "a()"}]', 1],
    ["a leap day", { expires: "2028-02-29T00:00:00Z", commands: [] }, 0],
    ["the longest id", { id: "a".repeat(128), commands: [] }, 0],
  ])("may have %s", (_, content, count) => {
    expect(read(content).entries).toHaveLength(count);
    expect(Object.prototype).not.toHaveProperty("x");
  });

  it("may have any characters in its commands", () => {
    const command = "a('\u0000\ud83d\ude00\ud800é')";
    expect(read([{ command }]).entries[0]?.command).toBe(command);
  });
});

describe("a wrong document", () => {
  it.each(wrongDocuments)("that is or has %s says where, what and what was expected", (_, content, message) => {
    const refused = refuse(content);
    expect(refused.message).toBe(message);
    expect(refused.hint).toEqual(expect.any(String));
  });

  it("that is one entry alone says what is missing around it", () => {
    expect(refuse({ command: "a()" })).toMatchObject({ code: "document-shape", hint: "Put [ and ] around the entry." });
  });

  it("is told in little time and room", () => {
    const started = performance.now();
    for (const text of ["[".repeat(1024 * 1024), '{"a":'.repeat(200_000), `["${"x".repeat(1_000_000)}`]) refuse(text);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe("a limit", () => {
  it("lets a document of exactly so many bytes through, and none with one more", () => {
    const bytes = toBytes([{ command: "a()" }]);
    expect(read(bytes, { documentBytes: bytes.byteLength }).entries).toHaveLength(1);
    const refused = refuse(bytes, { documentBytes: bytes.byteLength - 1 });
    expect(refused.code).toBe("document-too-large");
    expect(refused.message).toBe(`the document is larger than ${bytes.byteLength - 1} bytes (limits.document_bytes)`);
  });

  it("is 1 MiB without being told", () => {
    const fill = (bytes: number) => Buffer.from(JSON.stringify([]).padEnd(bytes));
    expect(read(fill(1024 * 1024)).entries).toEqual([]);
    expect(refuse(fill(1024 * 1024 + 1)).code).toBe("document-too-large");
  });

  it("lets 1,000 entries through, and not 1,001", () => {
    const list = (count: number) => Array.from({ length: count }, () => ({ command: "a()" }));
    expect(read(list(1000)).entries).toHaveLength(1000);
    for (const content of [list(1001), { commands: list(1001) }]) {
      expect(refuse(content).message).toBe(
        "the document has 1001 entries; at most 1000 are allowed (limits.document_entries)",
      );
    }
  });

  it("counts an expression's bytes, not its characters", () => {
    const command = (bytes: number) => `a('${"é".repeat((bytes - 5) / 2)}')`;
    expect(Buffer.byteLength(command(16 * 1024 - 1))).toBe(16 * 1024 - 1);
    expect(read([{ command: command(16 * 1024 - 1) }]).entries).toHaveLength(1);
    expect(read([{ command: `${command(16 * 1024 - 1)} ` }]).entries).toHaveLength(1);
    expect(refuse([{ command: "a()" }, { command: command(16 * 1024 + 1) }]).message).toBe(
      "the document has an expression of 16385 bytes at [1].command; expected at most 16384 (limits.expression_bytes)",
    );
  });
});

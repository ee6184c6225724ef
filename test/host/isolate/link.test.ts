import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { frame } from "../../../core/host/isolate/frames.ts";
import { type Hearing, Link, LinkEnded, type Methods, mostUnread } from "../../../core/host/isolate/link.ts";
import { eventually } from "../../flows/device.ts";

/** Two ends of one pipe. */
function pipePair(): [Duplex, Duplex] {
  const make = (other: () => Duplex) =>
    new Duplex({
      read() {},
      write(chunk, _, done) {
        if (!other().destroyed) other().push(chunk);
        done();
      },
      destroy(_, done) {
        if (!other().destroyed) other().destroy();
        done(null);
      },
    });
  const a: Duplex = make(() => b);
  const b: Duplex = make(() => a);
  return [a, b];
}

function linked(methods: Methods, messageBytes = 1000, hearing: Hearing = {}) {
  const [here, there] = pipePair();
  const ends: string[] = [];
  const asking = new Link(here, { messageBytes: 10_000, methods: {}, hearing: {}, endsUnread: true }, (reason) =>
    ends.push(reason),
  );
  const answering = new Link(there, { messageBytes, methods, hearing, endsUnread: false }, (reason) =>
    ends.push(reason),
  );
  return { asking, answering, ends, raw: here };
}

const never = () => new Promise<never>(() => undefined);

describe("a link", () => {
  it("brings an answer, and an error with its code", async () => {
    const { asking } = linked({
      add: ({ a, b }: { a: number; b: number }) => a + b,
      fail: () => {
        throw Object.assign(new Error("no"), { code: "EPERM" });
      },
    });
    expect(await asking.ask("add", { a: 1, b: 2 })).toBe(3);
    await expect(asking.ask("fail", null)).rejects.toMatchObject({ message: "no", code: "EPERM" });
    await expect(asking.ask("constructor", null)).rejects.toThrow('there is no method "constructor"');
  });

  it("calls a request off by its signal, and still waits for its end", async () => {
    const { asking } = linked({
      wait: (_: null, signal: AbortSignal) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve(`ended: ${signal.reason.message}`))),
    });
    const controller = new AbortController();
    const waiting = asking.ask("wait", null, controller.signal);
    controller.abort(new Error("enough"));
    expect(await waiting).toBe("ended: enough");
  });

  it("begins nothing for a signal that has aborted", async () => {
    const { asking } = linked({ add: () => 1 });
    await expect(asking.ask("add", null, AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
  });

  it("tells whoever waits when the other side is gone, and whether it may have begun", async () => {
    const { asking, answering, ends } = linked({ wait: never });
    const waiting = asking.ask("wait", null);
    answering.end("it was ended");
    await expect(waiting).rejects.toMatchObject({ wasSent: true });
    await expect(asking.ask("wait", null)).rejects.toBeInstanceOf(LinkEnded);
    await expect(asking.ask("wait", null)).rejects.toMatchObject({ wasSent: false });
    expect(ends).toHaveLength(2);
  });

  it("aborts what it does for the other side when that is gone", async () => {
    let reason: unknown;
    const { asking } = linked({
      wait: (_: null, signal: AbortSignal) => {
        signal.addEventListener("abort", () => {
          reason = signal.reason;
        });
        return never();
      },
    });
    void asking.ask("wait", null).catch(() => undefined);
    await new Promise(setImmediate);
    asking.end("over");
    expect(await eventually("the abort", () => reason)).toBeInstanceOf(LinkEnded);
  });

  it.each([
    ["a message that is too long", (text: string) => frame(text.repeat(400)), /has 1200 bytes; at most 1000/],
    ["no JSON", () => frame("{"), /JSON/],
    ["a message of no kind", () => frame("{}"), /no known kind/],
    ["a word of no method", () => frame('{"tell":"nothing","given":null}'), /no method "nothing"/],
  ])("ends at %s", async (_, make, expected) => {
    const { raw, ends } = linked({});
    raw.write(make("abc"));
    expect(await eventually("the end", () => ends.find((reason) => expected.test(reason)))).toMatch(expected);
  });

  it("takes a word without an answer, and ends at one that has to be asked", async () => {
    const heard: unknown[] = [];
    const { asking, ends } = linked({ add: () => Promise.reject(new Error("lost")) }, 1000, {
      note: (given) => heard.push(given),
    });
    asking.tell("note", 5);
    await eventually("the word", () => heard[0]);
    asking.tell("add", 5);
    expect(await eventually("the end", () => ends[0])).toBe('there is no method "add"');
  });

  it("ends when a request has the number of one that is under way", async () => {
    const { raw, ends } = linked({ wait: never });
    for (const _ of [1, 2]) raw.write(frame('{"ask":7,"method":"wait","given":null}'));
    expect(await eventually("the end", () => ends[0])).toBe("two of its requests have one number");
  });

  it("ends where the other side leaves too much unread", async () => {
    const deaf = new Duplex({ read() {}, write() {} });
    const ends: string[] = [];
    const options = { messageBytes: 1000, methods: {}, hearing: {}, endsUnread: true };
    const link = new Link(deaf, options, (reason) => ends.push(reason));
    const piece = "x".repeat(2 ** 20);
    for (let at = 0; at <= mostUnread / 2 ** 20; at++) link.tell("note", piece);
    expect(ends).toEqual([`it leaves more than ${mostUnread} bytes unread`]);
  });

  it("does 256 things at once, and refuses one more", async () => {
    const { asking } = linked({ wait: never }, 100_000);
    const refused: unknown[] = [];
    for (let at = 0; at < 256; at++) void asking.ask("wait", null).catch((thrown) => refused.push(thrown));
    await expect(asking.ask("wait", null)).rejects.toThrow("more than 256 requests");
    expect(refused).toEqual([]);
    asking.end("over");
  });
});

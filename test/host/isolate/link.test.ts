import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { frame } from "../../../core/host/isolate/frames.ts";
import { Link, LinkEnded, type Methods } from "../../../core/host/isolate/link.ts";
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

function linked(methods: Methods, limit = 1000) {
  const [here, there] = pipePair();
  const ends: string[] = [];
  const asking = new Link(here, 10_000, {}, (reason) => ends.push(reason));
  const answering = new Link(there, limit, methods, (reason) => ends.push(reason));
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

  it("does 256 things at once, and refuses one more", async () => {
    const { asking } = linked({ wait: never }, 100_000);
    const refused: unknown[] = [];
    for (let at = 0; at < 256; at++) void asking.ask("wait", null).catch((thrown) => refused.push(thrown));
    await expect(asking.ask("wait", null)).rejects.toThrow("more than 256 requests");
    expect(refused).toEqual([]);
    asking.end("over");
  });
});

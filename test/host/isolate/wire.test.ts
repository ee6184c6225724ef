import fc from "fast-check";
import { expect, it } from "vitest";
import { RustiqError } from "../../../core/errors.ts";
import { FrameReader, FrameTooLong, frame } from "../../../core/host/isolate/frames.ts";
import { decode, describeError, encode, reviveError } from "../../../core/host/isolate/wire.ts";
import { StoreError } from "../../../core/plugin/driver.ts";

const through = (value: unknown) => decode(encode(value));

it("brings over what JSON has no word for", () => {
  const value = { bytes: new Uint8Array([0, 255]), big: 12345678901234567890n, floats: [-0, Infinity, -Infinity, NaN] };
  expect(through(value)).toEqual(value);
  expect(through(Buffer.from("abc"))).toEqual(new Uint8Array([97, 98, 99]));
});

it("takes nothing of a plugin for a tag of its own", () => {
  for (const value of [
    { $bytes: "AA==" },
    { $members: [["a", 1]] },
    { $int: { $int: "5" } },
    { $float: "x", other: 1 },
    [{ $members: { $bytes: 3n } }],
    JSON.parse('{"__proto__": {"$int": "1"}}'),
  ]) {
    expect(through(value)).toEqual(value);
    expect(Object.getPrototypeOf(through(value))).toBe(Object.getPrototypeOf(value));
  }
});

it("brings over any JSON, with bytes and large integers anywhere in it", () => {
  const leaf = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.bigInt(), fc.uint8Array());
  const name = fc.oneof(fc.string(), fc.constantFrom("$bytes", "$int", "$float", "$members", "__proto__"));
  const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
    ),
  }));
  fc.assert(
    fc.property(values, (value) => {
      expect(through({ value })).toEqual({ value });
    }),
  );
});

it("brings over errors with what others decide by", () => {
  const fault = new RustiqError("lamp-broken", "it is broken", { hint: "Mend it.", span: { start: 1, end: 3 } });
  const revived = reviveError(through(describeError(fault)));
  expect(revived).toBeInstanceOf(RustiqError);
  expect(revived).toMatchObject({
    code: "lamp-broken",
    message: "it is broken",
    hint: "Mend it.",
    span: { start: 1, end: 3 },
  });
  const store = reviveError(through(describeError(new StoreError("throttled", "slow down", { retryAfterMs: 5 }))));
  expect(store).toBeInstanceOf(StoreError);
  expect(store).toMatchObject({ code: "throttled", retry: "safe", retryAfterMs: 5 });
  expect(reviveError(through(describeError(Object.assign(new Error("full"), { code: "ENOSPC" }))))).toMatchObject({
    message: "full",
    code: "ENOSPC",
  });
  expect(reviveError(through(describeError("a text"))).message).toBe("a text");
  for (const nonsense of [null, 5, { kind: "rustiq" }, { kind: "store", span: 7 }, { message: 5 }]) {
    expect(reviveError(nonsense)).toBeInstanceOf(Error);
  }
});

it("cuts a stream into frames again, however it comes", () => {
  const texts = ["", "one", "zwei ✓", "x".repeat(5000)];
  const stream = Buffer.concat(texts.map(frame));
  for (const size of [1, 3, 7, 1024, stream.length]) {
    const reader = new FrameReader(5000);
    const got: string[] = [];
    for (let at = 0; at < stream.length; at += size) got.push(...reader.push(stream.subarray(at, at + size)));
    expect(got).toEqual(texts);
  }
});

it("takes a frame of the limit, and holds nothing of one that is longer", () => {
  expect([...new FrameReader(10).push(frame("x".repeat(10)))]).toEqual(["x".repeat(10)]);
  const reader = new FrameReader(10);
  const head = frame("x".repeat(11)).subarray(0, 4);
  expect(() => [...reader.push(head)]).toThrow(FrameTooLong);
});

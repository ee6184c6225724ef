import assert from "node:assert/strict";
import { type CaseDraft, failure } from "./case.ts";

/** Legal, and where escaping, quoting or normalising shows. */
const oddKeys: readonly (readonly [id: string, key: string])[] = [
  ["space", "two words/and more"],
  ["latin", "größe/çà.json"],
  ["cjk", "設定/画像.png"],
  ["emoji", "done-😀.txt"],
  ["decomposed", "e\u0301te\u0301.txt"],
  ["plus", "a+b++c"],
  ["percent", "100%/%2F%41%zz"],
  ["quotes", `it's "quoted" \`so\``],
  ["query", "what?a=b&c=d#end"],
  ["punctuation", "(a)[b]{c}~!$@;,=^"],
  ["colon", "at 2025-01-01T10:00:00Z"],
  ["markup", "a<b>&amp;c"],
  ["hidden", ".hidden/.file"],
  ["dots", "..two/...three/x"],
  ["deep", "a/b/c/d/e/f/g/h/i/j/k/l/m"],
  ["long", Array.from({ length: 4 }, (_, index) => `${index}`.repeat(200)).join("/")],
];

const refusedKeys = ["", "/a", "a/", "a//b", "./a", "a/..", "../a", "a\\b", "a\u0000b", "a\nb", "x".repeat(1025)];

const keyCases = oddKeys.map(
  ([id, key]): CaseDraft => ({
    id: `key-${id}`,
    title: `takes the key ${JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key)} as it is`,
    async check(place) {
      const written = await place.write(key, "here");
      assert.equal(written.key, place.key(key));
      const info = await place.driver.head(place.key(key), { signal: place.signal });
      assert.equal(info === "missing" ? info : info.key, place.key(key));
      assert.equal(Buffer.from(await place.read(key)).toString(), "here");
      assert.deepEqual(await place.list(), [key]);
      await place.driver.remove(place.key(key), { signal: place.signal });
      assert.deepEqual(await place.list(), []);
    },
  }),
);

export const keys: readonly CaseDraft[] = [
  ...keyCases,
  {
    id: "key-near",
    title: "keeps keys apart that differ little",
    async check(place) {
      const near = ["a b", "a+b", "a%20b", "a%2520b", "á", "a\u0301"];
      for (const key of near) await place.write(key, key);
      for (const key of near) assert.equal(Buffer.from(await place.read(key)).toString(), key);
    },
  },
];

/** For stores behind core's layers: a bare driver is never asked such a key. */
export const refusals: readonly CaseDraft[] = refusedKeys.map((key, index) => ({
  id: `key-refused-${index}`,
  title: `refuses the key ${JSON.stringify(key.slice(0, 20))} in every operation`,
  async check({ driver, signal }) {
    await failure(driver.head(key, { signal }), "invalid-key");
    await failure(driver.read(key, { signal }), "invalid-key");
    await failure(driver.write(key, new Uint8Array(), { signal }), "invalid-key");
    await failure(driver.remove(key, { signal }), "invalid-key");
  },
}));

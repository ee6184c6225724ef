import assert from "node:assert/strict";
import { StoreError, type WriteCondition } from "../../plugin/driver.ts";
import { countUp, type Prize, tryWrite } from "../contest.ts";
import { assertSame, type CaseDraft, inParallel, makeBody, makeBytes, type Place } from "./case.ts";

const absent: WriteCondition = { absent: true };
const letters = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

async function text(place: Place, name: string): Promise<string> {
  return Buffer.from(await place.read(name)).toString();
}

function prizeAt(place: Place, name: string): Prize {
  return { driver: place.driver, key: place.key(name), signal: place.signal };
}

/** One driver for each of eight writers. */
async function openWriters(place: Place): Promise<ReadonlyMap<string, Place>> {
  const writers = new Map<string, Place>();
  for (const letter of letters) writers.set(letter, await place.again());
  return writers;
}

export const racing: readonly CaseDraft[] = [
  {
    id: "create-only-race",
    title: "has one winner when eight create the same object",
    needs: ["createOnly"],
    async check(place) {
      for (let round = 0; round < 5; round++) {
        const name = `object-${round}`;
        const wins: string[] = [];
        await inParallel(letters, async (writer) => {
          if (await tryWrite(prizeAt(place, name), writer, absent)) wins.push(writer);
        });
        assert.equal(wins.length, 1, `winners: ${wins.join(", ") || "none"}`);
        assert.equal(await text(place, name), wins[0]);
      }
    },
  },
  {
    id: "create-only-drivers",
    title: "has one winner when eight create the same object, each through a driver of its own",
    needs: ["createOnly"],
    async check(place) {
      const writers = await openWriters(place);
      for (let round = 0; round < 3; round++) {
        const name = `folder-${round}/object`;
        const wins: string[] = [];
        await inParallel([...writers], async ([letter, writer]) => {
          if (await tryWrite(prizeAt(writer, name), letter, absent)) wins.push(letter);
        });
        assert.equal(wins.length, 1, `winners: ${wins.join(", ") || "none"}`);
        assert.equal(await text(place, name), wins[0]);
      }
    },
  },
  {
    id: "create-only-large",
    title: "has one winner when three create the same object with 8 MiB and a byte",
    needs: ["createOnly"],
    async check(place) {
      const bodies = [1, 2, 3].map((seed) => makeBytes(8 * 1024 * 1024 + 1, seed));
      const wins: Uint8Array[] = [];
      await inParallel(bodies, async (bytes) => {
        try {
          await place.write("body", makeBody(bytes), { when: absent });
          wins.push(bytes);
        } catch (thrown) {
          assert.ok(thrown instanceof StoreError && ["conflict", "unavailable"].includes(thrown.code), String(thrown));
        }
      });
      const [winner, ...others] = wins;
      assert.ok(winner !== undefined && others.length === 0, `${wins.length} winners`);
      assertSame(await place.read("body"), winner);
      assert.deepEqual(await place.list(), ["body"]);
    },
  },
  {
    id: "swap-race",
    title: "loses no line of a list that several add to",
    needs: ["compareAndSwap"],
    async check(place) {
      await place.write("lines", "");
      const add = async (line: string) => {
        for (;;) {
          const answer = await place.driver.read(place.key("lines"), { signal: place.signal });
          assert.ok(answer.status === "ok");
          const found = Buffer.concat(await answer.body.toArray()).toString();
          // Also after a write that nobody knows the outcome of.
          if (found.includes(line)) return;
          // Believed, not looked at: a line that is lost after that must be missed at the end.
          if (await tryWrite(prizeAt(place, "lines"), `${found}${line}`, { match: answer.info.etag })) return;
        }
      };
      const lines = Array.from({ length: 24 }, (_, index) => `line ${index + 10}\n`);
      await inParallel(lines, add);
      assert.deepEqual((await text(place, "lines")).split(/(?<=\n)/).sort(), lines);
    },
  },
  {
    id: "swap-drivers",
    title: "loses no step of a counter that eight drivers count up",
    needs: ["compareAndSwap"],
    async check(place) {
      const steps = 3;
      await place.write("counter", `{"count":0}`);
      await inParallel([...(await openWriters(place))], ([letter, writer]) =>
        countUp(prizeAt(writer, "counter"), letter, steps),
      );
      const counted = JSON.parse(await text(place, "counter"));
      const last = Object.fromEntries(letters.map((letter) => [letter, steps]));
      assert.deepEqual(counted, { count: steps * letters.length, ...last });
    },
  },
];

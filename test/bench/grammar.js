// The parser against JSON.parse of the same values and against CPython, its cold start against bare node, and what the worst
// texts within the limits cost.
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parse } from "../../dist/grammar.js";
import { median } from "./device.js";
import { hostileTexts } from "./hostile.js";

const rounds = 9;
const commandCount = 10_000;

const shortSeed = [
  ["get_app_status()", ["get_app_status"]],
  ["stop_app('mock_powermanagement-1.0')", ["stop_app", "mock_powermanagement-1.0"]],
  ["get_next_execution_time_for_all_jobs()", ["get_next_execution_time_for_all_jobs"]],
  [
    "call_service('scheduler', 'update_or_create_job', 'display', 'display_image', \"call_service('display_image', 'IMAGE_PATH')\",'',True)",
    [
      "scheduler",
      "update_or_create_job",
      "display",
      "display_image",
      "call_service('display_image', 'IMAGE_PATH')",
      "",
      true,
    ],
  ],
  [
    "call_service('transfer', 'http_request', 'https://www.google.fr', 'GET', {}, \"\")",
    ["transfer", "http_request", "https://www.google.fr", "GET", {}, ""],
  ],
];

/** The seed's commands with arguments of their own, so that no two are the same text. */
function makeFile() {
  return Array.from({ length: commandCount }, (_, index) => {
    const [source, values] = shortSeed[index % shortSeed.length];
    const more = `'item ${index}', count=${index}, ratio=${index}.5, tags=['a${index}', None, False]`;
    const open = source.endsWith("()") ? "" : ", ";
    return [
      `${source.slice(0, -1)}${open}${more})`,
      [...values, `item ${index}`, { count: index, ratio: index + 0.5, tags: [`a${index}`, null, false] }],
    ];
  });
}

/** Milliseconds of the quickest of some rounds: what the work costs when nothing else runs. */
function quickest(work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    work();
    best = Math.min(best, performance.now() - begun);
  }
  return best;
}

const oracle = `
import ast, json, sys, time
sources = json.load(sys.stdin)
def read():
    for source in sources:
        call = ast.parse(source, mode="eval").body
        for node in call.args: ast.literal_eval(node)
        for node in call.keywords: ast.literal_eval(node.value)
best = 1e9
for _ in range(${rounds}):
    begun = time.perf_counter()
    read()
    best = min(best, time.perf_counter() - begun)
print(best * 1000)
`;

/** Milliseconds that CPython takes for the same texts; undefined where there is no python3. */
function askPython(sources) {
  const run = spawnSync("python3", ["-c", oracle], { input: JSON.stringify(sources), encoding: "utf8" });
  return run.status === 0 ? Number(run.stdout) : undefined;
}

function compare(what, cases, repeats, aim) {
  const sources = cases.map(([source]) => source);
  const json = JSON.stringify(cases.map(([, values]) => values));
  const parsed = quickest(() => {
    for (let repeat = 0; repeat < repeats; repeat++) for (const source of sources) parse(source);
  });
  const read = quickest(() => {
    for (let repeat = 0; repeat < repeats; repeat++) JSON.parse(json);
  });
  const python = askPython(sources);
  const each = (parsed * 1000) / repeats / sources.length;
  const beside = python === undefined ? "no python3 here" : `${(parsed / repeats / python).toFixed(2)} x CPython`;
  return {
    what,
    value: `${each.toFixed(1)} us each`,
    against: `${(parsed / read).toFixed(0)} x JSON.parse, ${beside}`,
    aim,
  };
}

const module = new URL("../../dist/grammar.js", import.meta.url).href;

/** Milliseconds of a node process that runs this, from spawn to exit, against one that runs nothing. */
function coldStart() {
  const script = `import { parse } from ${JSON.stringify(module)}; parse("stop_app('a-1.0')");`;
  const times = { bare: [], cold: [] };
  const run = (text) => {
    const begun = performance.now();
    execFileSync(process.execPath, ["--input-type=module", "-e", text]);
    return performance.now() - begun;
  };
  // In turns, so that a busy moment of the machine meets both alike.
  for (let round = 0; round < rounds; round++) {
    times.bare.push(run("0"));
    times.cold.push(run(script));
  }
  const [bare, cold] = [median(times.bare), median(times.cold)];
  return {
    what: "cold: import, recipe and first parse",
    value: `+${(cold - bare).toFixed(0)} ms`,
    against: `${(cold / bare).toFixed(2)} x bare node (${bare.toFixed(0)} ms)`,
    aim: "+100 ms",
  };
}

const worker = fileURLToPath(new URL("worst.js", import.meta.url));

/** The first parse of each text in a process of its own: its time and how far it lifts the most memory the process had. */
function measureWorst(what, limits) {
  const seen = Object.keys(hostileTexts(limits.bytes)).map((name) => {
    const { ms, mb, code } = JSON.parse(
      execFileSync(process.execPath, ["--expose-gc", worker, name, JSON.stringify(limits)], { encoding: "utf8" }),
    );
    return { name, ms, mb, code };
  });
  const slowest = seen.toSorted((a, b) => b.ms - a.ms)[0];
  const largest = seen.toSorted((a, b) => b.mb - a.mb)[0];
  return {
    what,
    value: `${slowest.ms.toFixed(0)} ms, ${largest.mb.toFixed(0)} MB`,
    against: `of ${seen.length} texts: slowest ${slowest.name}, largest ${largest.name}`,
    aim: "1000 ms, 100 MB",
  };
}

function parseAnyhow(text, limits) {
  try {
    parse(text, limits);
  } catch (error) {
    if (error.name !== "ParseFault") throw error;
  }
}

/** Whether time grows as the text does. Below a quarter of a millisecond the clock says little. */
function measureGrowth() {
  const limits = { bytes: 64 * 1024, nesting: 64, nodes: 50_000, calls: true };
  const [short, long] = [hostileTexts(4000, 31), hostileTexts(32_000, 31)];
  const growths = Object.keys(short).map((name) => {
    const few = quickest(() => parseAnyhow(short[name], limits));
    const many = quickest(() => parseAnyhow(long[name], limits));
    return { name, times: many / Math.max(few, 0.25) };
  });
  const worst = growths.toSorted((a, b) => b.times - a.times)[0];
  return {
    what: "eight times the text",
    value: `${worst.times.toFixed(1)} x the time`,
    against: `at most, of ${growths.length} texts: ${worst.name}`,
    aim: "8 x is linear, 64 x the square",
  };
}

/** Rows of `{ what, value, against, aim }`. */
export async function benchGrammar() {
  return [
    compare("the seed's commands", shortSeed, 200, ""),
    compare("a file of 10,000 commands", makeFile(), 1, "250 x"),
    coldStart(),
    measureGrowth(),
    measureWorst("worst texts, default limits", { bytes: 16 * 1024, nesting: 32, nodes: 10_000, calls: true }),
    measureWorst("worst texts, highest limits", { bytes: 64 * 1024, nesting: 64, nodes: 50_000, calls: true }),
  ];
}

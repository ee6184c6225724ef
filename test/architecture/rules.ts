/** The import rules of the house, as data, and the reader that finds what breaks them. */

interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  readonly isDynamic: boolean;
}

/** Static imports, re-exports and literal dynamic imports of a source text. */
function readImports(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  for (const [, type, specifier] of code.matchAll(
    /^\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?"([^"]+)"/gm,
  )) {
    found.push({ specifier: specifier ?? "", isTypeOnly: type !== undefined, isDynamic: false });
  }
  for (const [, specifier] of code.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g)) {
    found.push({ specifier: specifier ?? "", isTypeOnly: false, isDynamic: true });
  }
  return found;
}

/** A file of the project as its imports name it: `core/store/keys.ts`. */
function resolveImport(from: string, specifier: string): string {
  const published: Record<string, string> = {
    rustiq: "core/index.ts",
    "rustiq/plugin": "core/plugin/index.ts",
    "rustiq/grammar": "grammar/index.ts",
    "rustiq/testkit": "core/testkit/index.ts",
  };
  if (!specifier.startsWith(".")) return published[specifier] ?? specifier;
  const parts = from.split("/").slice(0, -1);
  for (const step of specifier.split("/")) {
    if (step === "..") parts.pop();
    else if (step !== ".") parts.push(step);
  }
  return parts.join("/");
}

/** Files and folders (ending in `/`) that the files of a room may import, beside their own room. */
const rooms: readonly (readonly [room: string, mayImport: readonly string[]])[] = [
  ["grammar/", []],
  ["core/errors.ts", ["core/errors/"]],
  ["core/errors/", []],
  ["core/near.ts", []],
  ["core/json.ts", []],
  ["core/digest.ts", []],
  ["core/inject.ts", []],
  ["core/secret-names.ts", []],
  ["core/mask.ts", ["core/plugin/"]],
  ["core/plugin/", ["grammar/", "core/errors.ts", "core/near.ts", "core/inject.ts"]],
  ["core/ports/", ["core/errors.ts", "core/mask.ts", "core/secret-names.ts", "core/plugin/"]],
  [
    "core/config/",
    ["core/errors.ts", "core/near.ts", "core/json.ts", "core/mask.ts", "core/secret-names.ts"].concat([
      "core/ports/",
      "core/plugin/",
    ]),
  ],
  ["core/store/", ["core/errors.ts", "core/near.ts", "core/ports/", "core/plugin/"]],
  ["core/journal/", ["core/errors.ts", "core/ports/", "core/plugin/"]],
  [
    "core/host/",
    [
      "core/digest.ts",
      "core/errors.ts",
      "core/near.ts",
      "core/json.ts",
      "core/inject.ts",
      "core/ports/",
      "core/plugin/",
      "core/config/",
      "core/store/",
      "core/journal/",
      "grammar/",
    ],
  ],
  [
    // The program of an isolated plugin: what the device has around a plugin, in another process.
    "core/guest/",
    [
      ...["core/errors.ts", "core/ports/", "core/plugin/", "core/host/", "core/transfer/transfers.ts"],
      "core/command/result.ts",
    ],
  ],
  ["core/events.ts", ["core/command/report.ts"]],
  [
    "core/command/",
    [
      "core/digest.ts",
      "core/errors.ts",
      "core/near.ts",
      "core/json.ts",
      "core/mask.ts",
      "core/inject.ts",
      "core/events.ts",
      "core/tokens.ts",
      "grammar/",
    ].concat([
      "core/ports/",
      "core/plugin/",
      "core/config/",
      "core/store/",
      "core/journal/",
      "core/host/",
      "core/transfer/outbox.ts",
    ]),
  ],
  [
    "core/transfer/",
    [
      "core/digest.ts",
      "core/errors.ts",
      "core/near.ts",
      "core/inject.ts",
      "core/events.ts",
      "core/tokens.ts",
      "core/ports/",
      "core/plugin/",
    ].concat(["core/config/", "core/store/", "core/journal/", "core/host/", "core/command/"]),
  ],
  [
    "core/central/",
    ["core/errors.ts", "core/near.ts", "core/config/", "core/ports/", "core/plugin/", "core/store/", "grammar/"]
      // The wire formats, which both sides of the store share.
      .concat(["core/command/document.ts", "core/command/identity.ts", "core/command/report.ts"]),
  ],
  [
    "core/testkit/",
    ["core/errors.ts", "core/near.ts", "core/ports/", "core/plugin/", "core/store/", "grammar/"]
      // A plugin under test is started, called and asked by what a device has, and not by something like it.
      .concat(["core/config/", "core/host/", "core/command/", "core/journal/", "core/central/"])
      .concat(["core/runtime.ts", "core/index.ts", "core/node.ts"])
      // What a mirror may remove is one rule, also in memory.
      .concat(["core/transfer/mirror/listing.ts"]),
  ],
  ["core/", ["core/", "grammar/"]],
];

/** What only certain places may touch. */
const doors: readonly { readonly what: string; readonly pattern: RegExp; readonly allowed: readonly string[] }[] = [
  { what: "tsyringe", pattern: /"tsyringe"/, allowed: ["core/container.ts", "core/host/scope.ts", "core/inject.ts"] },
  { what: "the AWS SDK", pattern: /"@(aws-sdk|smithy)\//, allowed: ["plugins/s3/", "plugins/minio/"] },
  { what: "ohm-js", pattern: /"ohm-js"/, allowed: ["grammar/"] },
  { what: "pino", pattern: /"pino"/, allowed: ["core/ports/log.ts"] },
  { what: "process.env", pattern: /\bprocess\.env\b/, allowed: ["core/config/load.ts"] },
  { what: "the file system", pattern: /"node:fs(\/promises)?"/, allowed: ["core/ports/", "plugins/fs/"] },
  { what: "child processes", pattern: /"node:(child_process|cluster|worker_threads)"/, allowed: ["core/ports/"] },
  {
    what: "time",
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bset(Timeout|Interval)\(|\bperformance\.now\(/,
    allowed: ["core/ports/"],
  },
  {
    what: "randomness",
    pattern: /\bMath\.random\(|\brandom(Bytes|UUID|Int)\b/,
    allowed: ["core/ports/", "core/testkit/"],
  },
];

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
}

function roomOf(path: string) {
  return rooms.find(([room]) => isIn(path, [room]));
}

function importFault(path: string, { specifier, isTypeOnly, isDynamic }: Import): string | undefined {
  const target = resolveImport(path, specifier);
  const isOurs = /^(core|plugins|grammar|test|plugin-template)\//.test(target);
  if (!isOurs) return undefined;
  if (path.startsWith("plugins/")) {
    const own = path.split("/").slice(0, 2).join("/");
    const isAllowed =
      target.startsWith(`${own}/`) ||
      specifier === "rustiq/plugin" ||
      (own === "plugins/minio" && target.startsWith("plugins/s3/"));
    return isAllowed ? undefined : "a plugin imports rustiq/plugin and its own files only";
  }
  if (target.startsWith("plugins/")) {
    return path === "core/host/builtins.ts" && isDynamic
      ? undefined
      : "core reaches plugins only through host/builtins.ts, dynamically";
  }
  if (target.startsWith("test/") || target.startsWith("plugin-template/")) return "the product never imports its tests";
  const room = roomOf(path);
  if (room === undefined) return undefined;
  // The list of tokens names every type; at run time it imports nothing but the published tokens.
  if (path === "core/tokens.ts")
    return isTypeOnly || target === "core/plugin/tokens.ts" ? undefined : "tokens.ts imports types only";
  if (isIn(target, [room[0], ...room[1]])) return undefined;
  return `${room[0]} may import ${room[1].join(", ") || "nothing of the project"}`;
}

/** Every broken rule of these sources (path to text), as a sentence each. */
export function findViolations(sources: ReadonlyMap<string, string>): string[] {
  const violations: string[] = [];
  for (const [path, text] of sources) {
    if (!/^(core|plugins|grammar)\//.test(path)) continue;
    for (const one of readImports(text)) {
      const fault = importFault(path, one);
      if (fault !== undefined) violations.push(`${path} imports ${one.specifier}: ${fault}`);
    }
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
    for (const { what, pattern, allowed } of doors) {
      if (pattern.test(code) && !isIn(path, allowed))
        violations.push(`${path} touches ${what}: only ${allowed.join(", ")} may`);
    }
  }
  return [...violations, ...findCycles(sources)];
}

/** Import cycles between files; type-only imports vanish at run time and do not count. */
export function findCycles(sources: ReadonlyMap<string, string>): string[] {
  const edges = new Map<string, string[]>();
  for (const [path, text] of sources) {
    const targets = readImports(text).filter(({ isTypeOnly, isDynamic }) => !isTypeOnly && !isDynamic);
    edges.set(
      path,
      targets.map(({ specifier }) => resolveImport(path, specifier)).filter((target) => sources.has(target)),
    );
  }
  const cycles: string[] = [];
  const state = new Map<string, "open" | "done">();
  const walk = (path: string, trail: readonly string[]) => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      cycles.push(`a cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`);
      return;
    }
    state.set(path, "open");
    for (const target of edges.get(path) ?? []) walk(target, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of edges.keys()) walk(path, []);
  return cycles;
}

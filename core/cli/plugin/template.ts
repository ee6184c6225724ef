/** What is to be made of the plugin template. */
export interface NewPlugin {
  readonly kind: "service" | "store";
  /** Legal for a service and a backend. */
  readonly name: string;
  readonly isJavaScript: boolean;
  /** The runtime that makes it. */
  readonly version: string;
  /** Where its development gets `rustiq` from, as package.json says such things. */
  readonly rustiq: string;
}

/** The name that the template's own plugin has. */
const templateNames = { service: "lamp", store: "shelf" } as const;

/** Of the template's README: what a package with one plugin needs too. */
const sharedSections = ["Publish it", "Put it on a device", "What may change"];

export function packageName({ name }: Pick<NewPlugin, "name">): string {
  return `rustiq-${name}`;
}

/** The template's files that a new plugin is made from, below its folder. */
export function templateFiles(kind: NewPlugin["kind"]): readonly string[] {
  return [
    "package.json",
    "tsconfig.json",
    "tsconfig.check.json",
    "README.md",
    `${kind}/README.md`,
    `${kind}/index.ts`,
    `${kind}/index.test.ts`,
  ];
}

/** The files of a new plugin by their names, from the texts of the template's. */
export function fillTemplate(made: NewPlugin, read: (file: string) => string): Map<string, string> {
  const { kind, isJavaScript } = made;
  const ending = isJavaScript ? "js" : "ts";
  const files = new Map<string, string>();
  files.set("package.json", `${JSON.stringify(fillManifest(made, JSON.parse(read("package.json"))), undefined, 2)}\n`);
  files.set(
    "tsconfig.json",
    `${JSON.stringify(fillCompiler(made, JSON.parse(read("tsconfig.json"))), undefined, 2)}\n`,
  );
  // JavaScript is not built: its one configuration is for the tests too.
  if (!isJavaScript) files.set("tsconfig.check.json", read("tsconfig.check.json"));
  files.set(".gitignore", "node_modules/\ndist/\ndevice/\n*.tgz\n");
  files.set("README.md", fillReadme(made, read(`${kind}/README.md`), read("README.md")));
  for (const part of ["index", "index.test"]) {
    files.set(`src/${part}.${ending}`, fillCode(made, read(`${kind}/${part}.ts`)));
  }
  return files;
}

/** JSON as the template has it: its members are its own test's business. */
type Members = Readonly<Record<string, unknown>>;

function fillManifest(made: NewPlugin, template: Members): Members {
  const { kind, name, isJavaScript, version, rustiq } = made;
  const { build, check, prepack, ...scripts } = template["scripts"] as Members;
  return {
    ...template,
    name: packageName(made),
    version: "0.1.0",
    description: `The ${kind === "service" ? "service" : "store backend"} ${name} for RustiQ.`,
    exports: {
      ".": isJavaScript ? "./src/index.js" : { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
    files: isJavaScript ? ["src", "!src/*.test.js"] : template["files"],
    scripts: isJavaScript ? { ...scripts, types: "tsc" } : { build, check, ...scripts, prepack },
    peerDependencies: { rustiq: `^${version}` },
    devDependencies: { ...(template["devDependencies"] as Members), rustiq },
  };
}

function fillCompiler({ isJavaScript }: NewPlugin, template: Members): Members {
  const { rootDir: _, outDir, declaration, ...options } = template["compilerOptions"] as Members;
  const { allowImportingTsExtensions: _imports, rewriteRelativeImportExtensions: _rewrite, ...plain } = options;
  const ways = isJavaScript
    ? { ...plain, allowJs: true, checkJs: true, noEmit: true }
    : { ...options, declaration, rootDir: "src", outDir };
  return { ...template, compilerOptions: ways, include: ["src"] };
}

/** The name in every text of the code; where the template's name is a variable, a word that is free in every language. */
function fillCode({ kind, name, isJavaScript }: NewPlugin, code: string): string {
  const word = new RegExp(`\\b${templateNames[kind]}\\b`, "g");
  const named = code.replace(new RegExp(`"[^"\\n]*"|${word.source}`, "g"), (part) =>
    part.startsWith('"') ? part.replace(word, name) : "plugin",
  );
  return isJavaScript ? dropTypes(named) : named;
}

/** The template's code is JavaScript but for imports of types and the type arguments of a `new`. */
function dropTypes(code: string): string {
  const plain = code
    .replace(/^import type \{ (\w+) \} from (".*");$/gm, "/** @typedef {import($2).$1} $1 */")
    .replace(/new (\w+)(<.+>)\(\)/g, "/** @type {$1$2} */ (new $1())")
    .replace('"./index.ts"', '"./index.js"');
  return `// @ts-check\n${plain}`;
}

function fillReadme(made: NewPlugin, own: string, shared: string): string {
  const { kind, name, isJavaScript } = made;
  const text = [own.trimEnd(), ...sharedSections.map((title) => readSection(shared, title))]
    .join("\n\n")
    .replaceAll(`rustiq-plugin-example/${kind}`, packageName(made))
    .replaceAll("rustiq-plugin-example", packageName(made))
    .replace(new RegExp(`\\b${templateNames[kind]}\\b`, "g"), name);
  const offered = kind === "store" ? text.replace(/^\{ "plugins": \["apps", .*$/m, storeExample(made)) : text;
  if (!isJavaScript) return `${offered}\n`;
  const plain = offered
    .replace(/^npm run check .*\n/m, "")
    .replace(/^npm run build$/m, "npm run types")
    .replace(/`npm pack --dry-run` builds and lists/, "`npm pack --dry-run` lists")
    .replace("and the code with its types", "and the code")
    .replace(/is a compile error/, "is found by `npm run types`, and by an editor while you write")
    .replaceAll("src/index.ts", "src/index.js")
    .replaceAll("src/index.test.ts", "src/index.test.js")
    // With decorators it is TypeScript only.
    .replace(/## As a class\n[\s\S]*?(?=\n## )/, "");
  return `${plain.replace(/\n{3,}/g, "\n\n")}\n`;
}

function storeExample(made: NewPlugin): string {
  return `{ "stores": [{ "store_name": "contents", "backend": "${packageName(made)}" }] }`;
}

/** A section of a README with its heading, up to the next of its rank. */
function readSection(text: string, title: string): string {
  const from = text.indexOf(`\n## ${title}\n`) + 1;
  if (from === 0) throw new Error(`the plugin template is not whole: its README has no section ${title}`);
  const end = text.indexOf("\n## ", from);
  return text.slice(from, end === -1 ? undefined : end).trim();
}

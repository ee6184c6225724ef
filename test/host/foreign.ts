import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const installed = fileURLToPath(new URL("../../node_modules", import.meta.url));
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder with second copies of installed packages, as a plugin brings them along, and with these files. */
export function makeFolderWithCopies(packages: readonly string[], files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "rustiq-copies-"));
  folders.push(folder);
  const isNeeded = (path: string) => !/\.d\.c?ts$|\.map$|\/(src|esm5|esm2015)$/.test(path);
  for (const name of packages) {
    cpSync(join(installed, name), join(folder, "node_modules", name), { recursive: true, filter: isNeeded });
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

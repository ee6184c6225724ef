import { mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { hasErrno } from "./files.ts";

/** The text of a file that comes with the product. */
export function readOwnText(file: URL): Promise<string> {
  return readFile(file, "utf8");
}

/**
 * Makes a folder with these files (names with `/` below it), all of it or nothing: it is built beside the place and renamed. An empty
 * folder that is there is replaced; answers false, having changed nothing, when something else is. Permissions are those that this
 * user gives to new files: it is a person's folder, not the device's.
 */
export async function makeFolderWhole(folder: string, files: ReadonlyMap<string, string>): Promise<boolean> {
  await mkdir(dirname(folder), { recursive: true });
  const beside = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  try {
    // `mkdtemp` gives its folder to the owner alone; this one is as any other.
    const built = join(beside, "whole");
    for (const [name, text] of files) {
      await mkdir(dirname(join(built, name)), { recursive: true });
      await writeFile(join(built, name), text);
    }
    // Only an empty folder can be removed so.
    await rmdir(folder).catch((thrown: unknown) => {
      if (!hasErrno(thrown, "ENOENT")) throw thrown;
    });
    await rename(built, folder);
    return true;
  } catch (thrown) {
    if (hasErrno(thrown, "ENOTEMPTY", "EEXIST", "ENOTDIR", "EBUSY", "EPERM")) return false;
    throw thrown;
  } finally {
    await rm(beside, { force: true, recursive: true });
  }
}

import { nodeOwner } from "../../core/ports/owner.ts";

// A program of its own: claims the folder it is given, says how that went, and holds it until it is killed.
const said = await nodeOwner()
  .claim(process.argv[2] ?? "")
  .then(
    () => "claimed",
    (thrown: { code?: string }) => String(thrown.code),
  );
process.stdout.write(`${said}\n`);
setInterval(() => undefined, 1000);

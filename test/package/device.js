// The new plugins on a device: a document goes in through the new store, runs in the new service, and its report comes out of the store.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expectSame, fail, folder, install, rustiq } from "./place.js";
import { desk } from "./plugins.js";
import { compile } from "./program.js";

const document = [{ command: "set_level(90)" }, { command: "ring(3)" }, { command: "ring(times=0)" }];

function writeDevice(device, service, backend) {
  mkdirSync(device, { recursive: true });
  const place = (name) => ({ store_name: name, prefix: name, backend, file: join(device, "objects.json") });
  writeFileSync(
    join(device, "rustiq.json"),
    JSON.stringify({
      device_id: "desk-1",
      stores: [place("incoming"), place("status")],
      plugins: [{ use: service, config: { highest: 2 } }],
    }),
  );
  writeFileSync(join(device, "commands.json"), JSON.stringify(document));
}

/** Three processes: one puts the document into the store, the device, and one that fetches the report. */
function sendByStore(device) {
  const by = (...args) => rustiq([...args, "--config", join(device, "rustiq.json")], desk);
  by("store", "put", "incoming", join(device, "commands.json"), "bell/commands.json");
  by("run", "--once");
  const report = JSON.parse(by("store", "get", "status", "bell/last_monitoring_status.json", "-"));
  expectSame(
    "the report",
    report.commands.map(({ command, status, error }) => [command, status, error?.code ?? null]),
    [
      ["set_level(90)", "ok", null],
      ["ring(3)", "ok", null],
      ["ring(times=0)", "error", "argument-invalid"],
    ],
  );
  const [{ result: dimmed }, { result: rung }] = report.commands;
  expectSame("the results", [JSON.parse(dimmed), JSON.parse(rung)], [{ level: 2, was: 0 }, { rung: 2 }]);
  const listed = by("store", "ls", "status", "bell/");
  if (!listed.includes("bell/results/")) fail(`the store has no result of the batch: ${listed}`);
}

/** Both by path, as their author tries them. */
export function tryDevice({ bell, drawer }) {
  const device = join(desk, "device");
  writeDevice(device, bell, drawer);
  sendByStore(device);
}

/** Both as packages that an operator installs beside rustiq.json, where no rustiq is; and their types, for those who compile. */
export function tryInstalled({ tarballs }) {
  const device = join(folder, "installed");
  writeDevice(device, "rustiq-bell", "rustiq-drawer");
  install(["--omit=dev", ...tarballs], device);
  if (existsSync(join(device, "node_modules/rustiq"))) fail("a plugin brings a rustiq of its own");
  sendByStore(device);

  install(tarballs, desk);
  writeFileSync(
    join(desk, "uses.ts"),
    `import { startService } from "rustiq/testkit";
import bell from "rustiq-bell";
import drawer from "rustiq-drawer";

const service = await startService(bell);
const { rung }: { rung: number } = await service.call("ring", { times: 1 });
// @ts-expect-error: there is no such command
export const misspelt = () => service.call("rang", { times: rung });
export const backend: string = drawer.backend;
`,
  );
  const manifest = join(desk, "package.json");
  writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, "utf8")), type: "module" }));
  compile("uses.ts", desk);
}

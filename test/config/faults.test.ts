import { expect, test } from "vitest";
import { loadFault } from "./folder.ts";
import { wrongApplications } from "./wrong/applications.ts";
import { wrongBuckets } from "./wrong/buckets.ts";
import { wrongEnvironments } from "./wrong/environments.ts";
import { wrongSettings } from "./wrong/settings.ts";
import { wrongStores } from "./wrong/stores.ts";
import { wrongTexts } from "./wrong/texts.ts";

const tables = [
  ...wrongSettings,
  ...wrongTexts,
  ...wrongStores,
  ...wrongBuckets,
  ...wrongApplications,
  ...wrongEnvironments,
];

test.each(tables)(
  "refuses %s, saying place, found, expected and cure, and creates nothing",
  async (_, given, lines) => {
    const { fault, names } = await loadFault(given);
    const [head, ...rest] = fault.message.split("\n");
    const many = `${lines.length} ${lines.length === 1 ? "fault" : "faults"}`;
    expect(head).toMatch(new RegExp(`^the configuration has ${many} \\((file .*/rustiq\\.json|environment)\\):$`));
    expect(rest).toEqual(lines);
    expect(
      fault.faults.map((each) => `${each.place}: found ${each.found}; expected ${each.expected}; ${each.hint}`),
    ).toEqual(lines);
    expect(fault.code).toBe("config-invalid");
    expect(names).toEqual(given.file === undefined ? [] : ["rustiq.json"]);
  },
);

test("tells the faults of every part of the file and of the environment together", async () => {
  const { fault } = await loadFault({
    file: {
      device_id: "",
      poll: { interval_ms: 1, jiter: 0.1 },
      stores: [
        { store_name: "incoming", path: "a", prefix: "a//b" },
        { store_name: "incoming", bucket_name: "B" },
      ],
      plugins: [{ use: "display", confg: {} }],
      applications: [{ application_id: "a-1", service_port: 0 }, { application_id: "a-1" }],
    },
    environment: { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", RUSTIQ_LOG_LEVEL: "loud" },
  });
  expect(fault.faults.map(({ place }) => place).sort()).toEqual([
    "AWS_SECRET_ACCESS_KEY",
    "RUSTIQ_LOG_LEVEL",
    "applications[0].service_port",
    "applications[1].application_id",
    "device_id",
    "plugins[0].confg",
    "poll.interval_ms",
    "poll.jiter",
    "stores[0].prefix",
    "stores[1].bucket_name",
    "stores[1].region",
    "stores[1].store_name",
  ]);
  expect(fault.message.split("\n")).toHaveLength(13);
  expect(fault.hint).toMatch(/nothing was started or changed/);
});

test("tells the environment's faults although the file is not even JSON", async () => {
  const { fault } = await loadFault({ file: "{", environment: { RUSTIQ_LOG_LEVEL: "loud" } });
  expect(fault.faults.map(({ place }) => place)).toEqual(["rustiq.json line 1, column 2", "RUSTIQ_LOG_LEVEL"]);
});

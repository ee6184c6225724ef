import type { Wrong } from "../folder.ts";

export const wrongSettings: readonly Wrong[] = [
  [
    "an unknown member",
    { file: { devise_id: "a" } },
    [
      "devise_id: found an unknown member; expected one of device_id, state_dir, stores, plugins, applications, poll, incoming, http, allowed_hosts, heartbeat_ms, limits, log; did you mean 'device_id'?",
    ],
  ],
  [
    "an unknown member like no other",
    { file: { colour: "red" } },
    [
      "colour: found an unknown member; expected one of device_id, state_dir, stores, plugins, applications, poll, incoming, http, allowed_hosts, heartbeat_ms, limits, log; remove it",
    ],
  ],
  [
    "paths that only a shell would understand",
    { file: { state_dir: "~/state", stores: [{ store_name: "incoming", path: "~operator/in" }] } },
    [
      'state_dir: found "~/state"; expected a path without ~, which only a shell understands; write the path out',
      'stores[0].path: found "~operator/in"; expected a path without ~, which only a shell understands; write the path out',
    ],
  ],
  [
    "an unknown member of poll",
    { file: { poll: { intervalms: 1000 } } },
    ["poll.intervalms: found an unknown member; expected one of interval_ms, jitter; did you mean 'interval_ms'?"],
  ],
  [
    "a device id with a space",
    { file: { device_id: "device 7" } },
    [
      'device_id: found "device 7"; expected a text of 1 to 128 letters, digits, dots, hyphens and underscores that starts with a letter or digit; leave it out for the host\'s name',
    ],
  ],
  [
    "a device id of 129 characters",
    { file: { device_id: "d".repeat(129) } },
    [
      'device_id: found "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd…" (129 characters); expected a text of 1 to 128 letters, digits, dots, hyphens and underscores that starts with a letter or digit; leave it out for the host\'s name',
    ],
  ],
  [
    "a device id that is a number",
    { file: { device_id: 7 } },
    [
      "device_id: found 7; expected a text of 1 to 128 letters, digits, dots, hyphens and underscores that starts with a letter or digit; leave it out for the host's name",
    ],
  ],
  [
    "an empty state folder",
    { file: { state_dir: "" } },
    ['state_dir: found ""; expected a path that is not empty and has no NUL; leave it out for ./state'],
  ],
  [
    "a polling interval below its range",
    { file: { poll: { interval_ms: 99 } } },
    ["poll.interval_ms: found 99; expected a whole number from 100 to 86400000 (milliseconds); leave it out for 60000"],
  ],
  [
    "a polling interval as text",
    { file: { poll: { interval_ms: "60000" } } },
    [
      'poll.interval_ms: found "60000"; expected a whole number from 100 to 86400000 (milliseconds); leave it out for 60000',
    ],
  ],
  [
    "a polling interval with a fraction",
    { file: { poll: { interval_ms: 1000.5 } } },
    [
      "poll.interval_ms: found 1000.5; expected a whole number from 100 to 86400000 (milliseconds); leave it out for 60000",
    ],
  ],
  [
    "a jitter above 1",
    { file: { poll: { jitter: 1.5 } } },
    ["poll.jitter: found 1.5; expected a number from 0 to 1 (share of the interval); leave it out for 0.2"],
  ],
  [
    "a near word for incoming.after",
    { file: { incoming: { after: "delte" } } },
    ['incoming.after: found "delte"; expected "keep" or "delete"; did you mean \'delete\'?'],
  ],
  [
    "a port of 0",
    { file: { http: { port: 0 } } },
    ["http.port: found 0; expected a whole number from 1 to 65535; leave `http` out for no local API"],
  ],
  [
    "a port of 70000",
    { file: { http: { port: 70_000 } } },
    ["http.port: found 70000; expected a whole number from 1 to 65535; leave `http` out for no local API"],
  ],
  [
    "null where an object belongs",
    { file: { http: null } },
    ["http: found null; expected an object with members of port; write the members between { and }"],
  ],
  [
    "an allowed host as URL",
    { file: { allowed_hosts: ["http://camera.local/"] } },
    [
      'allowed_hosts[0]: found "http://camera.local/"; expected a host such as camera.local, 192.168.1.20:8080 or [::1]:8080; leave out the scheme and the path',
    ],
  ],
  [
    "an allowed host with a password",
    { file: { allowed_hosts: ["admin:hunter2@camera.local"] } },
    [
      "allowed_hosts[0]: found a host with a user name or password; expected a host such as camera.local, 192.168.1.20:8080 or [::1]:8080; remove user and password",
    ],
  ],
  [
    "an IPv6 host without brackets",
    { file: { allowed_hosts: ["::1"] } },
    [
      'allowed_hosts[0]: found "::1"; expected a host such as camera.local, 192.168.1.20:8080 or [::1]:8080; put an IPv6 address in brackets',
    ],
  ],
  [
    "allowed hosts that are no list",
    { file: { allowed_hosts: "camera.local" } },
    ['allowed_hosts: found "camera.local"; expected a list of hosts; write the items between [ and ]'],
  ],
  [
    "a heartbeat of 0",
    { file: { heartbeat_ms: 0 } },
    ["heartbeat_ms: found 0; expected a whole number from 100 to 86400000 (milliseconds); leave it out for 300000"],
  ],
  [
    "an unknown limit",
    { file: { limits: { document_byte: 1 } } },
    [
      "limits.document_byte: found an unknown member; expected one of document_bytes, document_entries, expression_bytes, nesting, result_bytes, command_ms, request_ms, outbox_bytes, reserve_bytes, stall_ms; did you mean 'document_bytes'?",
    ],
  ],
  [
    "a limit of 0",
    { file: { limits: { nesting: 0 } } },
    ["limits.nesting: found 0; expected a whole number from 1 to 256; leave it out for 32"],
  ],
  [
    "a process that is ended when it stands still for a moment, or never",
    { file: { limits: { stall_ms: 999 } } },
    [
      "limits.stall_ms: found 999; expected a whole number from 1000 to 86400000 (milliseconds); leave it out for 60000",
    ],
  ],
  [
    "an unknown log level",
    { file: { log: { level: "warning" } } },
    ['log.level: found "warning"; expected "debug", "info", "warn", "error" or "silent"; leave it out for info'],
  ],
  [
    "plugins that are no list",
    { file: { plugins: { use: "display" } } },
    ["plugins: found an object; expected a list of plugins; write the items between [ and ]"],
  ],
  [
    "a plugin without use",
    { file: { plugins: [{ name: "screen" }] } },
    ["plugins[0].use: found nothing; expected a built-in word, a package name or a path; name the plugin to load"],
  ],
  [
    "an unknown member of a plugin",
    { file: { plugins: ["display", { use: "apps", confg: {} }] } },
    [
      "plugins[1].confg: found an unknown member; expected one of use, name, config, on_failure, isolate, memory_bytes, user_id, replaces; did you mean 'config'?",
    ],
  ],
  [
    "an empty plugin word",
    { file: { plugins: [""] } },
    [
      'plugins[0].use: found ""; expected a built-in word, a package name or a path; the built-in words: transfer, scheduler, apps, display',
    ],
  ],
  [
    "an unknown failure policy of a plugin",
    { file: { plugins: [{ use: "apps", on_failure: "abrt" }] } },
    ['plugins[0].on_failure: found "abrt"; expected "abort" or "continue"; did you mean \'abort\'?'],
  ],
  [
    "an unknown isolation of a plugin",
    { file: { plugins: [{ use: "apps", isolate: true, memory_bytes: 67_108_864 }] } },
    ['plugins[0].isolate: found true; expected "none" or "process"; leave it out for "none"'],
  ],
  [
    "memory and a user of a plugin that is not isolated",
    {
      file: {
        plugins: [
          { use: "apps", memory_bytes: 67_108_864 },
          { use: "display", isolate: "none", user_id: 1000 },
        ],
      },
    },
    [
      'plugins[0].memory_bytes: found 67108864 without "isolate": "process"; expected it only where the plugin has a process of its own; add "isolate": "process", or leave memory_bytes out',
      'plugins[1].user_id: found 1000 without "isolate": "process"; expected it only where the plugin has a process of its own; add "isolate": "process", or leave user_id out',
    ],
  ],
  [
    "memory and a user of an isolated plugin outside their ranges",
    {
      file: {
        plugins: [
          { use: "apps", isolate: "process", memory_bytes: 33_554_431, user_id: -1 },
          { use: "display", isolate: "process", memory_bytes: 68_719_476_737, user_id: 2_147_483_648 },
        ],
      },
    },
    [
      "plugins[0].memory_bytes: found 33554431; expected a whole number from 33554432 to 68719476736 (bytes); leave it out for 268435456",
      "plugins[0].user_id: found -1; expected a whole number from 1 to 2147483647 (a numeric user); leave it out for the runtime's own user",
      "plugins[1].memory_bytes: found 68719476737; expected a whole number from 33554432 to 68719476736 (bytes); leave it out for 268435456",
      "plugins[1].user_id: found 2147483648; expected a whole number from 1 to 2147483647 (a numeric user); leave it out for the runtime's own user",
    ],
  ],
  [
    "a replaced name that none can have",
    { file: { plugins: [{ use: "./mine.js", replaces: "Display" }] } },
    [
      'plugins[0].replaces: found "Display"; expected a service or backend name: a lower-case letter, then letters, digits, _ or -, at most 64; name the service or backend whose place the plugin takes, or leave it out',
    ],
  ],
  [
    "two plugins of one name",
    {
      file: {
        plugins: [
          { use: "a", name: "x" },
          { use: "b", name: "x" },
        ],
      },
    },
    [
      'plugins[1].name: found "x", already the name of plugins[0]; expected a plugin name of its own; rename one of the two',
    ],
  ],
];

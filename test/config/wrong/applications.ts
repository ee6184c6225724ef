import type { Wrong } from "../folder.ts";

const application = (members: object) => ({
  file: { applications: [{ application_id: "monitoring-1.0", ...members }] },
});

export const wrongApplications: readonly Wrong[] = [
  [
    "an application without id",
    { file: { applications: [{ service_name: "a" }] } },
    [
      "applications[0].application_id: found nothing; expected a text of 1 to 128 letters, digits, dots, hyphens and underscores that starts with a letter or digit; name it like monitoring-1.0",
    ],
  ],
  [
    "two applications of one id",
    { file: { applications: [{ application_id: "a-1" }, { application_id: "a-1" }] } },
    [
      'applications[1].application_id: found "a-1", already the id of applications[0]; expected an application id of its own; rename or remove one of the two',
    ],
  ],
  [
    "an application's port out of range",
    application({ service_port: 65_536 }),
    [
      "applications[0].service_port: found 65536; expected a whole number from 1 to 65535; give the port that the application's service listens on",
    ],
  ],
  [
    "a reserved service name",
    application({ service_name: "device" }),
    [
      'applications[0].service_name: found "device"; expected another name than device, which is reserved; rename the service',
    ],
  ],
  [
    "a service name with a dot",
    application({ service_name: "mock.power" }),
    [
      'applications[0].service_name: found "mock.power"; expected a service name of 1 to 64 lower-case letters, digits, _ and -; rename the service',
    ],
  ],
  [
    "a misspelt member of an application",
    application({ start_comand: ["node"] }),
    [
      "applications[0].start_comand: found an unknown member; expected one of application_id, service_name, service_port, application_description, additional_properties, start_command, working_folder, autostart; did you mean 'start_command'?",
    ],
  ],
  [
    "a start command that is a text",
    application({ start_command: "node app.js" }),
    [
      'applications[0].start_command: found "node app.js"; expected a list of texts: the program and its arguments; write the items between [ and ]',
    ],
  ],
  [
    "an empty start command",
    application({ start_command: [] }),
    [
      'applications[0].start_command: found a list of 0; expected a list of texts that starts with the program; write it like ["node", "app.js"]',
    ],
  ],
  [
    "autostart without a start command",
    application({ autostart: true }),
    [
      "applications[0].autostart: found true without a start_command; expected false, or a start_command; add the program to start",
    ],
  ],
  [
    "autostart as a text",
    application({ autostart: "yes", start_command: ["node"] }),
    ['applications[0].autostart: found "yes"; expected true or false; leave it out for false'],
  ],
  [
    "a list among the properties",
    application({ additional_properties: { HOSTS: ["a"] } }),
    [
      "applications[0].additional_properties.HOSTS: found a list of 1; expected a text, a number or a boolean; write lists and objects as JSON text",
    ],
  ],
  [
    "a property with = in its name",
    application({ additional_properties: { "A=B": "c" } }),
    [
      'applications[0].additional_properties["A=B"]: found "c"; expected the name of an environment variable; remove = and NUL from the name',
    ],
  ],
  [
    "a number that loses digits",
    { file: '{"applications": [{"application_id": "a", "additional_properties": {"N": 12345678901234567890}}]}' },
    [
      "applications[0].additional_properties.N: found 12345678901234567000; expected a number that stays exact; write it in double quotes",
    ],
  ],
  [
    "a definition without a store list",
    { file: { application_id: "transfer-1.0", additional_properties: {} } },
    [
      "additional_properties.AWS_STORE_CONFIGURATION: found nothing; expected the store list as JSON text; add it, or set STORE_CONFIGURATION in the environment",
    ],
  ],
  [
    "a definition whose store list is no text",
    { file: { application_id: "transfer-1.0", additional_properties: { AWS_STORE_CONFIGURATION: [] } } },
    [
      "additional_properties.AWS_STORE_CONFIGURATION: found a list of 0; expected a text, a number or a boolean; write lists and objects as JSON text",
    ],
  ],
  [
    "a fault inside a definition's store list",
    {
      file: {
        application_id: "transfer-1.0",
        additional_properties: { AWS_STORE_CONFIGURATION: '[{"store_name": "config", "bucket_name": "acme-device"}]' },
      },
    },
    [
      "additional_properties.AWS_STORE_CONFIGURATION[0].region: found nothing; expected a region of AWS such as eu-west-1; add it, or set AWS_REGION",
    ],
  ],
];

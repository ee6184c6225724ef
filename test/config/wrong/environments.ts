import type { Wrong } from "../folder.ts";

const endpoint = (address: string) => ({ environment: { S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: address } });

export const wrongEnvironments: readonly Wrong[] = [
  [
    "a store list that is not JSON",
    { environment: { STORE_CONFIGURATION: "[{store_name: incoming}]" } },
    [
      'STORE_CONFIGURATION line 1, column 3: found "s"; expected a member name in double quotes; write names in double quotes',
    ],
  ],
  [
    "a store list that is a number",
    { environment: { AWS_STORE_CONFIGURATION: "7" } },
    [
      'AWS_STORE_CONFIGURATION: found 7; expected a list of store entries, or a single one; write it like [{"store_name": "incoming", "path": "…"}]',
    ],
  ],
  [
    "a fault in a variable's store list",
    {
      environment: {
        STORE_CONFIGURATION:
          '[{"store_name":"a","path":"a"},{"store_name":"b","path":"b"},{"store_name":"c","bucket_name":"C"}]',
        AWS_REGION: "eu-west-1",
      },
    },
    [
      'STORE_CONFIGURATION[2].bucket_name: found "C"; expected an S3 bucket name: 3 to 63 characters; give the bucket\'s own name, nothing more',
    ],
  ],
  [
    "a fault in a variable's single entry",
    { environment: { AWS_STORE_CONFIGURATION: '{"store_name":"a","path":"a","prefix":"a//b"}' } },
    [
      'AWS_STORE_CONFIGURATION.prefix: found "a//b"; expected a prefix of plain names between single slashes, without //; write a single / between the names',
    ],
  ],
  [
    "a member twice in a variable",
    { environment: { STORE_CONFIGURATION: '{"store_name":"a","path":"a","path":"b"}' } },
    [
      "STORE_CONFIGURATION.path: found the member a second time (line 1, column 30); expected each member once; remove one",
    ],
  ],
  [
    "a key id without secret",
    { environment: { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" } },
    ["AWS_SECRET_ACCESS_KEY: found nothing; expected a value, because AWS_ACCESS_KEY_ID is set; set both or neither"],
  ],
  [
    "a secret without key id",
    { environment: { AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY" } },
    ["AWS_ACCESS_KEY_ID: found nothing; expected a value, because AWS_SECRET_ACCESS_KEY is set; set both or neither"],
  ],
  [
    "a secret with a line break",
    { environment: { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI\n" } },
    [
      "AWS_SECRET_ACCESS_KEY: found a string of 14 characters with white space or other foreign signs; expected printable ASCII without white space; copy the value again, without a line break",
    ],
  ],
  [
    "an endpoint variable with a scheme",
    endpoint("http://localhost:9000"),
    [
      'S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: found "http://localhost:9000"; expected host:port such as localhost:9000, without a scheme; leave the scheme out and set S3_STORE_CUSTOM_HTTP_SCHEME to http or https',
    ],
  ],
  [
    "an endpoint variable with a path",
    endpoint("localhost:9000/bucket"),
    [
      'S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: found "localhost:9000/bucket"; expected host:port such as localhost:9000, without a scheme; remove everything but host and port',
    ],
  ],
  [
    "an endpoint variable with a port out of range",
    endpoint("localhost:99999"),
    [
      'S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: found "localhost:99999"; expected host:port such as localhost:9000, without a scheme; correct host and port (1 to 65535)',
    ],
  ],
  [
    "an endpoint variable with a password",
    endpoint("admin:hunter2@localhost:9000"),
    [
      "S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT: found an address with a user name or password; expected host:port such as localhost:9000, without a scheme; give credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ],
  ],
  [
    "an unknown scheme",
    { environment: { S3_STORE_CUSTOM_HTTP_SCHEME: "HTTPS" } },
    ['S3_STORE_CUSTOM_HTTP_SCHEME: found "HTTPS"; expected "http" or "https"; did you mean \'https\'?'],
  ],
  [
    "a region variable that AWS has not",
    { environment: { AWS_REGION: "europe", STORE_CONFIGURATION: '{"store_name":"a","bucket_name":"acme-device"}' } },
    ['AWS_REGION: found "europe"; expected a region of AWS such as eu-west-1; correct the variable'],
  ],
  [
    "a wrong device id variable",
    { environment: { RUSTIQ_DEVICE_ID: "-device" } },
    [
      'RUSTIQ_DEVICE_ID: found "-device"; expected a text of 1 to 128 letters, digits, dots, hyphens and underscores that starts with a letter or digit; leave it out for the host\'s name',
    ],
  ],
  [
    "a wrong log level variable",
    { environment: { RUSTIQ_LOG_LEVEL: "inf" } },
    ['RUSTIQ_LOG_LEVEL: found "inf"; expected "debug", "info", "warn", "error" or "silent"; did you mean \'info\'?'],
  ],
];

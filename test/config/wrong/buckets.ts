import type { Wrong } from "../folder.ts";

const store = (members: object) => ({ file: { stores: [{ store_name: "incoming", ...members }] } });
const bucket = (members: object) => store({ bucket_name: "acme-device", region: "eu-west-1", ...members });

export const wrongBuckets: readonly Wrong[] = [
  [
    "a bucket store with a path",
    store({ backend: "s3", path: "a" }),
    [
      "stores[0].bucket_name: found nothing; expected the name of a bucket; name the bucket, in double quotes",
      "stores[0].path: found an unknown member; expected one of store_name, backend, prefix, requests_at_once, bucket_name, region, endpoint, credentials_profile; remove it",
      "stores[0].region: found nothing; expected a region of AWS such as eu-west-1; add it, or set AWS_REGION",
    ],
  ],
  [
    "a misspelt member of a bucket store",
    bucket({ prefx: "a" }),
    [
      "stores[0].prefx: found an unknown member; expected one of store_name, backend, prefix, requests_at_once, bucket_name, region, endpoint, credentials_profile; did you mean 'prefix'?",
    ],
  ],
  [
    "credentials in a store entry",
    bucket({ secret_access_key: "hunter2hunter2" }),
    [
      "stores[0].secret_access_key: found an unknown member; expected one of store_name, backend, prefix, requests_at_once, bucket_name, region, endpoint, credentials_profile; give credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a credentials_profile",
    ],
  ],
  [
    "a bucket without region",
    store({ bucket_name: "acme-device" }),
    ["stores[0].region: found nothing; expected a region of AWS such as eu-west-1; add it, or set AWS_REGION"],
  ],
  [
    "a region that AWS has not",
    bucket({ region: "eu-west1" }),
    ['stores[0].region: found "eu-west1"; expected a region of AWS such as eu-west-1; correct the region'],
  ],
  [
    "a region that is a number",
    bucket({ region: 1 }),
    ["stores[0].region: found 1; expected a region such as eu-west-1; correct the region"],
  ],
  [
    "a bucket name of 2 characters",
    bucket({ bucket_name: "ab" }),
    [
      'stores[0].bucket_name: found "ab"; expected an S3 bucket name: 3 to 63 characters; give the bucket\'s own name, nothing more',
    ],
  ],
  [
    "a bucket name in capitals",
    bucket({ bucket_name: "Acme" }),
    [
      'stores[0].bucket_name: found "Acme"; expected an S3 bucket name: lower-case letters, digits, dots and hyphens only; folders inside the bucket go into `prefix`',
    ],
  ],
  [
    "a bucket name with a folder",
    bucket({ bucket_name: "acme/incoming" }),
    [
      'stores[0].bucket_name: found "acme/incoming"; expected an S3 bucket name: lower-case letters, digits, dots and hyphens only; folders inside the bucket go into `prefix`',
    ],
  ],
  [
    "a bucket name that ends with a hyphen",
    bucket({ bucket_name: "acme-" }),
    [
      'stores[0].bucket_name: found "acme-"; expected an S3 bucket name: a letter or digit at both ends; correct the first or last sign',
    ],
  ],
  [
    "a bucket name with two dots",
    bucket({ bucket_name: "a..b" }),
    ['stores[0].bucket_name: found "a..b"; expected an S3 bucket name: no two dots side by side; remove one'],
  ],
  [
    "a bucket name like an address",
    bucket({ bucket_name: "192.168.1.1" }),
    [
      'stores[0].bucket_name: found "192.168.1.1"; expected an S3 bucket name: not the form of an IP address; the server\'s address goes into `endpoint`',
    ],
  ],
  [
    "a bucket name with a reserved start",
    bucket({ bucket_name: "xn--acme" }),
    [
      'stores[0].bucket_name: found "xn--acme"; expected an S3 bucket name: not the reserved start xn--; give a bucket you can own',
    ],
  ],
  [
    "a prefix with ..",
    bucket({ prefix: "a/../b" }),
    [
      'stores[0].prefix: found "a/../b"; expected a prefix of plain names between single slashes, without ..; name the folder itself',
    ],
  ],
  [
    "a prefix with .",
    bucket({ prefix: "./a" }),
    ['stores[0].prefix: found "./a"; expected a prefix of plain names between single slashes, without .; leave ./ out'],
  ],
  [
    "a prefix with a backslash",
    bucket({ prefix: "a\\b" }),
    [
      'stores[0].prefix: found "a\\\\b"; expected a prefix of plain names between single slashes, without a backslash; write / between the names',
    ],
  ],
  [
    "a prefix with //",
    bucket({ prefix: "a//b" }),
    [
      'stores[0].prefix: found "a//b"; expected a prefix of plain names between single slashes, without //; write a single / between the names',
    ],
  ],
  [
    "a prefix with NUL",
    bucket({ prefix: "a\0b" }),
    [
      'stores[0].prefix: found "a\\u0000b"; expected a prefix of plain names between single slashes, without control characters; remove them',
    ],
  ],
  [
    "a prefix of 513 bytes",
    bucket({ prefix: "a".repeat(513) }),
    [
      'stores[0].prefix: found "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" (513 characters); expected a prefix of plain names between single slashes, 512 bytes at most; shorten it',
    ],
  ],
  [
    "an endpoint without scheme",
    bucket({ endpoint: "localhost:9000" }),
    [
      'stores[0].endpoint: found "localhost:9000"; expected a URL such as https://host:9000; start it with https:// or http://',
    ],
  ],
  [
    "an endpoint with a password",
    bucket({ endpoint: "https://admin:hunter2@minio.lan:9000" }),
    [
      "stores[0].endpoint: found a URL with a user name or password; expected a URL such as https://host:9000 without user name and password; give credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ],
  ],
  [
    "an endpoint with an impossible port",
    bucket({ endpoint: "https://minio.lan:99999" }),
    [
      'stores[0].endpoint: found "https://minio.lan:99999"; expected a URL such as https://host:9000; correct host and port (1 to 65535)',
    ],
  ],
  [
    "an endpoint with a query",
    bucket({ endpoint: "https://minio.lan?x=1" }),
    [
      'stores[0].endpoint: found "https://minio.lan?x=1"; expected a URL such as https://host:9000; remove everything after host, port and path',
    ],
  ],
  [
    "minio without endpoint",
    bucket({ backend: "minio" }),
    [
      "stores[0].endpoint: found nothing; expected the URL of an S3-compatible server; add it, or set S3_STORE_CUSTOM_HOSTANDPORT_ENDPOINT",
    ],
  ],
  [
    "an empty profile",
    bucket({ credentials_profile: "" }),
    [
      'stores[0].credentials_profile: found ""; expected a profile of the AWS credentials file; name the profile without brackets',
    ],
  ],
];

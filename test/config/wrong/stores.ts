import type { Wrong } from "../folder.ts";

const store = (members: object) => ({ file: { stores: [{ store_name: "incoming", ...members }] } });

export const wrongStores: readonly Wrong[] = [
  [
    "stores that are a text",
    { file: { stores: "incoming" } },
    [
      'stores: found "incoming"; expected a list of store entries, or a single one; write it like [{"store_name": "incoming", "path": "…"}]',
    ],
  ],
  [
    "a store that is a text",
    { file: { stores: ["incoming"] } },
    ['stores[0]: found "incoming"; expected a store entry; write it like {"store_name": "incoming", "path": "…"}'],
  ],
  [
    "a store without a name",
    { file: { stores: [{ path: "a" }] } },
    [
      "stores[0].store_name: found nothing; expected a text of 1 to 64 letters, digits, dots, hyphens and underscores that starts with a letter or digit; name the store, for instance incoming",
    ],
  ],
  [
    "a store name with a slash",
    { file: { stores: [{ store_name: "a/b", path: "a" }] } },
    [
      'stores[0].store_name: found "a/b"; expected a text of 1 to 64 letters, digits, dots, hyphens and underscores that starts with a letter or digit; name the store, for instance incoming',
    ],
  ],
  [
    "a store that lies nowhere",
    store({}),
    [
      "stores[0]: found no path, bucket_name or backend; expected path (a folder), bucket_name (a bucket), or backend (a plugin); say where the store lies",
    ],
  ],
  [
    "a store with a misspelt bucket",
    store({ bucketname: "acme" }),
    [
      "stores[0]: found no path, bucket_name or backend; expected path (a folder), bucket_name (a bucket), or backend (a plugin); say where the store lies",
      "stores[0].bucketname: found an unknown member; expected one of path, marker, bucket_name, region, endpoint, credentials_profile, store_name, backend, prefix, requests_at_once; did you mean 'bucket_name'?",
    ],
  ],
  [
    "a store in two places",
    store({ path: "a", bucket_name: "acme" }),
    [
      "stores[0]: found both path and bucket_name; expected path (a folder), bucket_name (a bucket), or backend (a plugin); remove one, or name the backend",
    ],
  ],
  [
    "a folder store with a region",
    store({ path: "a", region: "eu-west-1" }),
    [
      "stores[0].region: found an unknown member; expected one of store_name, backend, prefix, requests_at_once, path, marker; remove it",
    ],
  ],
  [
    "a store that takes one request at a time",
    store({ path: "a", requests_at_once: 1 }),
    ["stores[0].requests_at_once: found 1; expected a whole number from 2 to 32; leave it out for 16"],
  ],
  [
    "a marker in another folder",
    store({ path: "/media/usb", marker: "../here" }),
    ['stores[0].marker: found "../here"; expected the name of a file in the folder; name the file alone, without /'],
  ],
  [
    "a folder store with an empty path",
    store({ path: "" }),
    [
      'stores[0].path: found ""; expected a path that is not empty and has no NUL; name the folder that holds the store',
    ],
  ],
  [
    "an empty backend",
    store({ backend: "" }),
    ['stores[0].backend: found ""; expected the name of a store backend; use fs, s3, minio, a package or a path'],
  ],
  [
    "two stores of one name",
    {
      file: [
        { store_name: "a", path: "a" },
        { store_name: "b", path: "b" },
        { store_name: "a", path: "c" },
      ],
    },
    [
      '[2].store_name: found "a", already the name of [0]; expected a store name of its own; rename or remove one of the two',
    ],
  ],
  [
    "a fault in a file that is a list",
    {
      file: [
        { store_name: "a", path: "a" },
        { store_name: "b", path: 1 },
      ],
    },
    ["[1].path: found 1; expected a path; name the folder that holds the store"],
  ],
  [
    "a fault in a file that is a single entry",
    { file: { store_name: "a", path: "a", prefix: ".." } },
    ['prefix: found ".."; expected a prefix of plain names between single slashes, without ..; name the folder itself'],
  ],
];

import {
  CLOCK,
  DEVICE,
  defineCommand,
  defineService,
  FOLDER,
  RANDOM,
  STORES,
  TRANSFERS,
  UPLOADS,
  z,
} from "rustiq/plugin";
import { Events } from "./events.ts";
import { StoreFiles } from "./files.ts";
import { checkRequest } from "./request.ts";

const config = z.strictObject({
  max_response_bytes: z
    .int()
    .min(1)
    .max(64 * 1024 * 1024)
    .default(512 * 1024)
    .describe("bytes of a response body that http_request takes; a longer one is an error"),
  max_upload_bytes: z
    .int()
    .min(1)
    .max(64 * 1024 * 1024)
    .default(8 * 1024 * 1024)
    .describe("bytes of a file that upload takes"),
});

const store = z.string().min(1).describe("name of a configured store");
const key = z.string().min(1).describe("key in that store, below its prefix");
const path = z.string().min(1).describe("relative path below this service's own folder");

const commands = {
  http_request: defineCommand({
    about: "Sends an HTTP request to a public address and answers headers, code and body.",
    args: {
      url: z.string().describe("whole http or https URL"),
      method: z.string().default("GET").describe("GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS"),
      headers: z.record(z.string(), z.string()).default({}).describe("request headers by name"),
      body: z.string().default("").describe("request body, sent as UTF-8; none when empty"),
    },
    result: z.object({
      headers: z.array(z.string()).describe("each `name: value`"),
      httpcode: z.int(),
      response_body: z.string().describe("text by its charset; bytes that are no text one character each"),
    }),
    effect: "once",
  }),
  list: defineCommand({
    about: "Lists the first 1,000 objects of a store below a prefix.",
    args: { store, prefix: z.string().default("").describe("only keys that begin with it; all when empty") },
    result: z.object({
      objects: z.array(z.object({ key: z.string(), size: z.int(), modified_at: z.iso.datetime() })),
      truncated: z.boolean().describe("whether there are more"),
    }),
    effect: "read",
  }),
  download: defineCommand({
    about: "Fetches one object into this service's folder, completely or not at all.",
    args: { store, key, path },
    result: z.object({ path: z.string(), size: z.int(), sha256: z.string() }),
    effect: "idempotent",
    timeoutMs: 10 * 60 * 1000,
  }),
  sync: defineCommand({
    about:
      "Makes a folder of this service like a folder of a store: fetches what is new or changed, each file completely or not at all.",
    args: {
      store,
      prefix: z.string().default("").describe("folder of the store; all of it when empty"),
      path,
      delete: z.boolean().default(false).describe("remove what the store has not, at most a quarter of the files"),
      force: z.boolean().default(false).describe("remove however many"),
      atomic: z.boolean().default(false).describe("the whole folder changes in one step"),
    },
    result: z.object({
      path: z.string(),
      transferred: z.int(),
      removed: z.int(),
      unchanged: z.int(),
      bytes: z.int().describe("that were transferred"),
    }),
    effect: "idempotent",
    timeoutMs: 60 * 60 * 1000,
  }),
  upload: defineCommand({
    about: "Hands a file of this service's folder to the outbox, which sends it whenever the network allows.",
    args: { path, store, key },
    result: z.object({ store: z.string(), key: z.string(), size: z.int() }),
    effect: "idempotent",
  }),
  send_event: defineCommand({
    about: "Sends an event to the central system: a new file below transfer/events/ in the store status.",
    args: {
      name: z.string().describe("1 to 64 letters, digits, `.`, `_` and `-`"),
      data: z.json().default(null).describe("anything that is JSON, at most 256 KiB"),
    },
    result: z.object({ store: z.string(), key: z.string() }),
    effect: "once",
  }),
};

export default defineService({
  api: 1,
  service: "transfer",
  about: "HTTP for other modules, and files and events to and from the stores.",
  config,
  commands,
  start(context) {
    const device = context.get(DEVICE);
    const { max_response_bytes: maxResponseBytes, max_upload_bytes: maxUploadBytes } = context.config;
    const uploads = context.get(UPLOADS);
    const files = new StoreFiles(
      device,
      context.get(FOLDER),
      context.get(STORES),
      context.get(TRANSFERS),
      uploads,
      maxUploadBytes,
    );
    const events = new Events(device, context.get(CLOCK), context.get(RANDOM), uploads);
    return {
      http_request: async ({ url, method, headers, body }, { signal }) => {
        const request = checkRequest(url, method, headers, body);
        // A device that never asks for it need not load an HTTP client.
        const { sendRequest } = await import("./http.ts");
        return sendRequest(request, { allowedHosts: device.allowedHosts, maxResponseBytes, signal });
      },
      list: ({ store, prefix }, { signal }) => files.list(store, prefix, signal),
      download: ({ store, key, path }, { signal }) => files.download(store, key, path, signal),
      sync: ({ store, prefix, path, delete: removes, force, atomic }, { signal }) =>
        files.sync(store, prefix, path, { signal, delete: removes, force, atomic }),
      upload: ({ path, store, key }) => files.upload(path, store, key),
      send_event: ({ name, data }) => events.send(name, data),
    };
  },
});

import type { Clock, Device, Json, Random, Uploads } from "rustiq/plugin";
import { transferFault } from "./errors.ts";

const eventName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const mostBytes = 256 * 1024;

/** Events: one file each below `transfer/events/` of the store `status`, in the order they were sent, never overwritten. */
export class Events {
  readonly #device: Device;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #uploads: Uploads;
  #last = 0;

  constructor(device: Device, clock: Clock, random: Random, uploads: Uploads) {
    this.#device = device;
    this.#clock = clock;
    this.#random = random;
    this.#uploads = uploads;
  }

  /** Hands the event to the outbox; durable when it resolves. */
  async send(name: string, data: Json): Promise<{ store: string; key: string }> {
    if (!eventName.test(name))
      throw transferFault("event-invalid", `${JSON.stringify(name.slice(0, 64))} is no event name`);
    // Keys sort by time, so two events of one millisecond must not share it.
    const at = Math.max(this.#clock.now(), this.#last + 1);
    const time = new Date(at).toISOString();
    const body = JSON.stringify({ event: name, device_id: this.#device.id, at: time, data });
    const size = Buffer.byteLength(body);
    if (size > mostBytes)
      throw transferFault("event-invalid", `event ${name} has ${size} bytes; at most ${mostBytes} are sent`);
    this.#last = at;
    const key = `transfer/events/${time.replace(/[-:]/g, "")}-${this.#random.hex(4)}-${name}.json`;
    await this.#uploads.put("status", key, body, { contentType: "application/json", createOnly: true });
    return { store: "status", key };
  }
}

import { EventEmitter } from "node:events";
import type { Report, ReportEntry } from "./command/report.ts";

/** What a program that hosts the runtime can follow. */
export interface EventMap {
  /** The first poll can begin. */
  ready: [{ readonly deviceId: string }];
  batch: [{ readonly service: string; readonly batch: string; readonly entries: number }];
  command: [{ readonly service: string; readonly batch: string; readonly index: number; readonly entry: ReportEntry }];
  report: [{ readonly service: string; readonly batch: string; readonly report: Report }];
  /** A command asks for the runtime to be started again; `batch` is the one it belongs to. */
  restart: [{ readonly service: string; readonly batch?: string }];
  /** Another process has become the owner of the state folder: this runtime must be stopped. */
  fenced: [{ readonly reason: string }];
  /** An upload is confirmed by its store. */
  delivered: [{ readonly store: string; readonly key: string }];
  /** The state of a service has changed; the reason is told of one that does not run. */
  plugin: [
    {
      readonly service: string;
      readonly status: "running" | "failed" | "stuck" | "remote";
      readonly reason?: string;
    },
  ];
  /** A whole file has come or gone, or never will: then `error` says why. `ms` and `bytes` are of the transfer as a whole. */
  transfer: [
    {
      readonly direction: "down" | "up";
      readonly store: string;
      readonly key: string;
      readonly bytes: number;
      readonly ms?: number;
      readonly error?: string;
    },
  ];
  /** A store does not answer, or answers again. */
  store: [{ readonly store: string; readonly reachable: boolean; readonly reason?: string }];
}

/** Tells what happens. A listener that throws is its own trouble: it never reaches the batch that was told of. */
export class Events extends EventEmitter<EventMap> {
  readonly #onFault: (thrown: unknown) => void;

  constructor(onFault: (thrown: unknown) => void) {
    super();
    this.#onFault = onFault;
  }

  tell<Name extends keyof EventMap>(name: Name, ...told: EventMap[Name]): void {
    for (const listener of this.rawListeners(name)) {
      try {
        // `rawListeners` keeps the wrappers of `once`; the map above types what they take.
        (listener as (...args: EventMap[Name]) => void).apply(this, told);
      } catch (thrown) {
        this.#onFault(thrown);
      }
    }
  }
}

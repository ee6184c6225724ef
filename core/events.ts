import { EventEmitter } from "node:events";
import type { Report, ReportEntry } from "./command/report.ts";

/** What a program that hosts the runtime can follow. */
export interface EventMap {
  /** The first poll can begin. */
  ready: [
    {
      /** The device's name towards its central system. */
      readonly deviceId: string;
    },
  ];
  /** A document was taken. */
  batch: [
    {
      /** The service that it is addressed to. */
      readonly service: string;
      /** The batch's id. */
      readonly batch: string;
      /** Commands in it. */
      readonly entries: number;
    },
  ];
  /** A command of a batch has ended, durably. */
  command: [
    {
      /** The service that the document is addressed to. */
      readonly service: string;
      /** The batch's id. */
      readonly batch: string;
      /** Its place in the document, from 0. */
      readonly index: number;
      /** Its line of the report. */
      readonly entry: ReportEntry;
    },
  ];
  /** A batch has ended, and its report waits for its upload. */
  report: [
    {
      /** The service that the document was addressed to. */
      readonly service: string;
      /** The batch's id. */
      readonly batch: string;
      /** As it is uploaded. */
      readonly report: Report;
    },
  ];
  /** A command asks for the runtime to be started again; `batch` is the one it belongs to. */
  restart: [
    {
      /** The service whose command asks. */
      readonly service: string;
      /** The batch's id; absent for a command that no document holds. */
      readonly batch?: string;
    },
  ];
  /** Another process has become the owner of the state folder: this runtime must be stopped. */
  fenced: [
    {
      /** Who has it, as far as it is known. */
      readonly reason: string;
    },
  ];
  /** An upload is confirmed by its store. */
  delivered: [
    {
      /** The store's name. */
      readonly store: string;
      /** Below the store's prefix. */
      readonly key: string;
    },
  ];
  /** The state of a service has changed. */
  plugin: [
    {
      /** The service's name. */
      readonly service: string;
      /** "remote" is one in another process, which is called only when a command comes. */
      readonly status: "running" | "failed" | "stuck" | "remote";
      /** Why it does not run; also why one in a process of its own does not answer at the moment. */
      readonly reason?: string;
    },
  ];
  /** A whole file has come or gone, or never will. */
  transfer: [
    {
      /** From the store, or to it. */
      readonly direction: "down" | "up";
      /** The store's name. */
      readonly store: string;
      /** Below the store's prefix. */
      readonly key: string;
      /** Of the file as a whole. */
      readonly bytes: number;
      /** Milliseconds that it took as a whole, where they are known. */
      readonly ms?: number;
      /** Why it failed for good; absent when all of it has arrived. */
      readonly error?: string;
    },
  ];
  /** A store does not answer, or answers again. */
  store: [
    {
      /** The store's name. */
      readonly store: string;
      /** Whether it answers. */
      readonly reachable: boolean;
      /** Why it does not. */
      readonly reason?: string;
    },
  ];
}

/** Tells what happens. A listener that throws is its own trouble: it never reaches the batch that was told of. */
export class Events extends EventEmitter<EventMap> {
  readonly #onFault: (thrown: unknown) => void;

  constructor(onFault: (thrown: unknown) => void) {
    super();
    this.#onFault = onFault;
  }

  /** Calls `listener` whenever the event `name` is told. The type of Node's own `on` does not take a name that is a parameter. */
  override on<Name extends keyof EventMap>(name: Name, listener: (...told: EventMap[Name]) => void): this {
    // The compiler cannot see that this is what Node asks of a listener while the name is open.
    return super.on(name, listener as never);
  }

  /** Calls the listeners one after the other. */
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

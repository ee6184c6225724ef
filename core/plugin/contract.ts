import type { z } from "zod";
import type { Capabilities, Driver } from "./driver.ts";
import type { Json, Log } from "./surroundings.ts";
import type { Token } from "./tokens.ts";

/** The contract's version; a plugin declares the one it was made for. */
export const API = 1;

/** What running a command again means: no effect, may run again, must not. */
export type Effect = "read" | "idempotent" | "once";

/** Parameters by name; the order of the keys is the positional order. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** A parameter may be left out when its schema accepts `undefined` (`.optional()`, `.default(…)`). */
export type Arguments<Args extends Shape> = { readonly [Name in keyof Args]: z.output<Args[Name]> };

/** One command of a service: what it takes, what it answers, and what repeating it means. */
export interface Command<Args extends Shape = Shape, Result extends z.ZodType = z.ZodType> {
  /** One sentence for operators. */
  readonly about: string;
  /** Parameters by name; the order of the keys is the positional order. */
  readonly args: Args;
  /** Schema of what the handler answers; another answer is the error "result-invalid". */
  readonly result: Result;
  /** What is done when the device died in the middle of it. */
  readonly effect: Effect;
  /** Limit of one run in milliseconds; the configuration's `limits.command_ms` without it. */
  readonly timeoutMs?: number;
  /** Callable by its own name from documents of any service. */
  readonly bare?: boolean;
}

/** Commands by their names, which are identifiers. */
export type Commands = Readonly<Record<string, Command>>;

/** What a handler knows of the call it serves. */
export interface Call {
  /** Aborted at the command's limit and when the runtime stops. */
  readonly signal: AbortSignal;
  /** The plugin's logger. */
  readonly log: Log;
  /** 1 for the first run; more after a crash. */
  readonly attempt: number;
  /**
   * Changes the service's state (`STATE`) together with the result, in one write: a crash leaves both or neither. Without a value
   * the name is forgotten. Resolves when both are durable, which is after the handler has ended: not to be awaited in it. Nothing
   * changes, and nothing resolves, when the handler throws or its answer is refused.
   */
  keep(name: string, value?: Json): Promise<void>;
  /**
   * Asks for the runtime to be started again and does not return. The command ends at the next boot: its handler is called once more,
   * with `note` in `restarted`, and what it answers then is the result.
   */
  restart(note?: Json): Promise<never>;
  /** In the call after `restart`: what the handler left for it. */
  readonly restarted?:
    | {
        /** What `restart` was given; null without. */
        readonly note: Json;
      }
    | undefined;
}

/** A function for each command: its arguments by name, checked and complete, and the call. */
export type Handlers<C extends Commands> = {
  // Taken from a method, so that a plugin of any commands is still a `Plugin`: methods compare their parameters both ways.
  readonly [Name in keyof C]: {
    /** Answers the result, or throws: a `RustiqError` with its code, anything else as "command-failed". */
    handle(
      args: Arguments<C[Name]["args"]>,
      call: Call,
    ): z.input<C[Name]["result"]> | Promise<z.input<C[Name]["result"]>>;
  }["handle"];
};

/** What a plugin gets when it starts. */
export interface Context<Config = unknown> {
  /** The name in the configuration, used in every message. */
  readonly name: string;
  /** Parsed by the plugin's own schema. */
  readonly config: Config;
  /** Child logger with `{ plugin: name }`. */
  readonly log: Log;
  /** Aborted when this plugin is stopped. */
  readonly signal: AbortSignal;
  /** What the runtime offers, by the tokens of `rustiq/plugin`; from this plugin's own child container. */
  get<T>(key: Token<T>): T;
  /** Constructor injection for authors who want it: parameters marked with `@inject(TOKEN)`. */
  // biome-ignore lint/suspicious/noExplicitAny: a constructor's parameters are contravariant, only any accepts all of them
  make<T>(type: new (...args: any[]) => T): T;
  /** Called when the plugin is stopped, last-first. */
  onStop(release: () => void | Promise<void>): void;
}

/** What `defineService` takes. */
export interface ServiceDefinition<C extends Commands = Commands, Config extends z.ZodType = z.ZodType> {
  /** The contract's version that the plugin was made for: 1. */
  readonly api: typeof API;
  /** The service name: lower case, digits, `_` and `-`. */
  readonly service: string;
  /** One sentence for operators. */
  readonly about: string;
  /** Schema of `plugins[].config`; no options without it. */
  readonly config?: Config;
  /** What the service offers. */
  readonly commands: C;
  /** Called once, at the start of the device, within 10 seconds; answers a function for each command. What it throws makes the service failed. */
  start(context: Context<z.output<Config>>): Handlers<C> | Promise<Handlers<C>>;
}

/** What `defineStore` takes. */
export interface StoreDefinition<Config extends z.ZodType = z.ZodType> {
  /** The contract's version that the plugin was made for: 1. */
  readonly api: typeof API;
  /** The word that a store's `backend` names. */
  readonly backend: string;
  /** One sentence for operators. */
  readonly about: string;
  /** Schema of the store entry without `store_name`, `backend` and `prefix`. */
  readonly config: Config;
  /** What the backend honours; the kit looks for each, and for its honest absence. */
  readonly can: Capabilities;
  /** Called for each store of the configuration that names the backend, within 10 seconds. */
  open(context: Context<z.output<Config>>): Driver | Promise<Driver>;
}

const brand = Symbol.for("rustiq/plugin");
/** A service as `defineService` makes it: frozen and branded. */
export type ServicePlugin<C extends Commands = Commands, Config extends z.ZodType = z.ZodType> = ServiceDefinition<
  C,
  Config
> & {
  /** Tells the two kinds of plugin apart. */
  readonly kind: "service";
};
/** A store backend as `defineStore` makes it: frozen and branded. */
export type StorePlugin<Config extends z.ZodType = z.ZodType> = StoreDefinition<Config> & {
  /** Tells the two kinds of plugin apart. */
  readonly kind: "store";
};
/** What a plugin's module has as its default export. */
export type Plugin = ServicePlugin | StorePlugin;

/**
 * Declares one command. Only needed for its types: it ties the handler's arguments and result to the schemas.
 */
export function defineCommand<const Args extends Shape, Result extends z.ZodType>(
  command: Command<Args, Result>,
): Command<Args, Result> {
  return command;
}

/** The same, with what no command stands for made impossible; a class keeps its other members private. */
type Exactly<H, C extends Commands> = H & { readonly [Name in Exclude<keyof H, keyof C>]: never };

/** Declares a service: everything about it can be read from the answer without running it. */
export function defineService<
  const C extends Commands,
  Config extends z.ZodType = z.ZodType<Record<string, never>>,
  H extends Handlers<C> = Handlers<C>,
>(
  definition: Omit<ServiceDefinition<C, Config>, "start"> & {
    start(context: Context<z.output<Config>>): Exactly<H, C> | Promise<Exactly<H, C>>;
  },
): ServicePlugin<C, Config> {
  return Object.freeze({ ...definition, kind: "service" as const, [brand]: true });
}

/** Declares a store backend. */
export function defineStore<Config extends z.ZodType>(definition: StoreDefinition<Config>): StorePlugin<Config> {
  return Object.freeze({ ...definition, kind: "store" as const, [brand]: true });
}

/** Whether a module's default export was made by one of the two functions above, by whichever copy of them. */
export function isPlugin(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

import "./inject.ts";
import { type DependencyContainer, Lifecycle, container as nothing } from "tsyringe";
import type { Consequences } from "./command/consequences.ts";
import { EntryRunner } from "./command/entry.ts";
import { Invoker } from "./command/invoke.ts";
import { ResultFiles } from "./command/results.ts";
import { BatchRunner } from "./command/run.ts";
import { ClockTrust } from "./command/trust.ts";
import type { Configuration } from "./config/configuration.ts";
import { maskSecrets } from "./config/mask.ts";
import type { Events } from "./events.ts";
import { createFolder, createState } from "./host/belongings.ts";
import { boundLog } from "./host/flood.ts";
import { Oversight, type OversightPorts } from "./host/oversight.ts";
import { Scope } from "./host/scope.ts";
import { reasonIn, type Service, ServiceSet } from "./host/services.ts";
import type { Journal } from "./journal/journal.ts";
import { changeKept, checkKept } from "./journal/kept.ts";
import type { Reserve } from "./journal/reserve.ts";
import type { Mask } from "./mask.ts";
import type { Clock, Log, Processes, Random, Stores } from "./plugin/surroundings.ts";
import { DEVICE, FOLDER, STATE, type Token } from "./plugin/tokens.ts";
import type { Files } from "./ports/files.ts";
import * as tokens from "./tokens.ts";
import { ServiceLoops } from "./transfer/loops.ts";
import { Outbox } from "./transfer/outbox.ts";
import { Poller } from "./transfer/poll.ts";
import { prepareFolder } from "./transfer/prepare.ts";
import { Presence } from "./transfer/presence.ts";
import { Reachability } from "./transfer/reachability.ts";
import { createTransfers } from "./transfer/transfers.ts";
import { Uploader } from "./transfer/upload.ts";

export type Container = DependencyContainer;

/** What stands under a token, typed by it. */
export function resolve<T>(container: Container, key: Token<T>): T {
  return container.resolve<T>(key);
}

/** What the composition root is given. */
export interface Foundation extends OversightPorts {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly processes: Processes;
  readonly log: Log;
  readonly events: Events;
  readonly journal: Journal;
  readonly reserve: Reserve;
}

/** A reason is the text of whatever a plugin threw, and leaves the device in heartbeats and reports: no secret may stand in it. */
class MaskedServices extends ServiceSet {
  readonly #mask: Mask;

  constructor(mask: Mask) {
    super();
    this.#mask = mask;
  }

  override put(service: Service): void {
    const isReasoned = "reason" in service && service.reason !== undefined;
    super.put(isReasoned ? { ...service, reason: this.#mask(service.reason) } : service);
  }
}

/** What commands that no document asked for lead to. */
function consequencesOf({ journal, events }: Foundation): Consequences {
  return {
    commit: (kept) => changeKept(journal, kept),
    check: (kept) => checkKept(journal.state, kept),
    restart: (service) => events.tell("restart", { service }),
  };
}

/** The composition root: every registration, none of them in the global container. */
export function composeContainer(foundation: Foundation): Container {
  const root = nothing.createChildContainer();
  const give = <T>(key: symbol, useValue: T) => root.register(key, { useValue });
  const once = <T>(key: symbol, useClass: new (...args: never[]) => T) =>
    root.register(key, { useClass: useClass as new () => T }, { lifecycle: Lifecycle.Singleton });
  give(tokens.CONFIGURATION, foundation.configuration);
  give(tokens.APPLICATIONS, foundation.configuration.applications);
  give(tokens.CLOCK, foundation.clock);
  give(tokens.RANDOM, foundation.random);
  give(tokens.FILES, foundation.files);
  give(tokens.PROCESSES, foundation.processes);
  give(tokens.LOG, foundation.log);
  give(tokens.EVENTS, foundation.events);
  give(tokens.JOURNAL, foundation.journal);
  give(tokens.RESERVE, foundation.reserve);
  give(tokens.CONSEQUENCES, consequencesOf(foundation));
  const services = new MaskedServices(maskSecrets(foundation.configuration));
  services.onChange((service) => {
    const reason = reasonIn(service);
    const { name, status } = service;
    foundation.events.tell("plugin", { service: name, status, ...(reason === undefined ? {} : { reason }) });
  });
  give(tokens.SERVICES, services);
  give(tokens.OVERSIGHT, new Oversight(foundation));
  once(tokens.INVOKER, Invoker);
  once(tokens.CLOCK_TRUST, ClockTrust);
  once(tokens.RESULT_FILES, ResultFiles);
  once(tokens.ENTRY_RUNNER, EntryRunner);
  once(tokens.RUNNER, BatchRunner);
  once(tokens.OUTBOX, Outbox);
  once(tokens.REACHABILITY, Reachability);
  once(tokens.UPLOADER, Uploader);
  once(tokens.POLLER, Poller);
  once(tokens.LOOPS, ServiceLoops);
  once(tokens.PRESENCE, Presence);
  return root;
}

/**
 * The stores come into the container when they are open. What plugins may ask for is resolved here, at the root: a child that made
 * such a singleton itself would take it along when it is disposed of.
 */
export function offerStores(root: Container, stores: Stores): void {
  const [files, random, clock, reserve] = [
    resolve(root, tokens.FILES),
    resolve(root, tokens.RANDOM),
    resolve(root, tokens.CLOCK),
    resolve(root, tokens.RESERVE),
  ];
  const events = resolve(root, tokens.EVENTS);
  root.register(tokens.STORES, { useValue: stores });
  root.register(tokens.TRANSFERS, {
    useValue: createTransfers({ files, stores, random, clock, events, reservedBytes: () => reserve.bytes }),
  });
  root.register(tokens.UPLOADS, { useValue: root.resolve(tokens.OUTBOX) });
  root.register(tokens.CALLS, { useValue: root.resolve(tokens.INVOKER) });
}

/** A service's own container and folder; `owner` is the name under which its state is kept. */
export async function makeServiceScope(
  root: Container,
  foundation: Foundation,
  name: string,
  owner: string,
): Promise<Scope> {
  const { configuration, files, journal, clock } = foundation;
  const child = root.createChildContainer();
  const folder = `${configuration.stateDir}/services/${owner}`;
  await prepareFolder(files, folder, () => journal.flush(), clock.now());
  const { deviceId: id, allowedHosts } = configuration;
  child.register(DEVICE, { useValue: { id, folder, allowedHosts } });
  child.register(FOLDER, { useValue: createFolder(files, folder) });
  child.register(STATE, { useValue: createState(journal, owner) });
  return watchScope(root, foundation, name, child);
}

/** A store backend gets the doors to the outside, but nothing that needs stores. */
export function makeStoreScope(root: Container, foundation: Foundation, name: string): Scope {
  return watchScope(root, foundation, name, root.createChildContainer());
}

function watchScope(root: Container, { configuration, clock, log: all }: Foundation, name: string, child: Container) {
  const log = all.child({ plugin: name });
  const bounded = boundLog(log, { name, clock, mask: maskSecrets(configuration) });
  return new Scope(name, child, log, { bounded, oversight: resolve(root, tokens.OVERSIGHT) });
}

import { createHook } from "node:async_hooks";
import { nodeClock } from "./clock.ts";

/** Kinds of what keeps a process alive, by Node's names of them, in the order in which they are told. */
const kinds: Readonly<Record<string, string>> = {
  Timeout: "timer",
  TCPSERVERWRAP: "socket server",
  TCPWRAP: "socket",
  PIPESERVERWRAP: "pipe server",
  PIPEWRAP: "pipe",
  UDPWRAP: "UDP socket",
  PROCESSWRAP: "child process",
  WORKER: "worker",
  MESSAGEPORT: "message port",
  FSEVENTWRAP: "file watcher",
  STATWATCHER: "file watcher",
  SIGNALWRAP: "signal listener",
  TTYWRAP: "terminal",
};

/** Milliseconds in which what was told to close may close: a process that was killed dies a moment later. */
const closingMs = 300;
/** Milliseconds between two looks at it. */
const lookMs = 25;
/** Handles that are noted before those that have ended are forgotten. */
const leastSweep = 1024;

/** The door to what Node knows of timers, sockets, processes and watchers. */
export interface Handles {
  /**
   * From now on notes for whom each one is created; `owner` is asked while it is. `enter` is called before every callback of whatever
   * was begun, with the owner of the server on the first one of a connection that it has accepted: that comes from outside, and Node
   * says of it only which server it came through. The answer ends it. Costs some tenth of a microsecond for each promise.
   */
  follow<Owner extends object>(owner: () => Owner | undefined, enter?: (heir: Owner | undefined) => void): () => void;
  /**
   * What was created for an owner and still keeps the process alive, as "2 timers", "1 socket server". What is just closing is
   * waited for, a moment at most.
   */
  leftBy(isOwner: (owner: object) => boolean): Promise<readonly string[]>;
}

interface Noted {
  readonly kind: string;
  readonly owner: object;
  readonly resource: WeakRef<object>;
}

/** Whether it keeps the process alive. A timer that has rung says only by a member of its own that it is over. */
function isHeld({ resource }: Noted): boolean {
  const found: { hasRef?: () => boolean; _destroyed?: boolean } | undefined = resource.deref();
  return found?._destroyed !== true && found?.hasRef?.() === true;
}

export function nodeHandles(): Handles {
  let noted: Noted[] = [];
  let sweepAt = leastSweep;
  const note = (one: Noted) => {
    noted.push(one);
    if (noted.length < sweepAt) return;
    noted = noted.filter((old) => old === one || isKnown(old));
    sweepAt = Math.max(leastSweep, 2 * noted.length);
  };
  const follow: Handles["follow"] = <Owner extends object>(
    owner: () => Owner | undefined,
    enter?: (heir: Owner | undefined) => void,
  ) => {
    /** By the numbers that Node gives them. */
    const servers = new Map<number, { readonly owner: Owner; readonly resource: WeakRef<object> }>();
    const accepted = new Map<number, { readonly owner: Owner; readonly resource: WeakRef<object> }>();
    // No `destroy`: it would make every promise of the process four times as dear.
    const hook = createHook({
      init: (id, type, triggerId, resource) => {
        // By far the most, and first for that.
        if (type === "PROMISE") return;
        const kind = kinds[type];
        if (kind === undefined) return;
        const creator = owner();
        const whose = creator ?? servers.get(triggerId)?.owner;
        if (whose === undefined) return;
        const one = { kind, owner: whose, resource: new WeakRef(resource) };
        note(one);
        const known = type.endsWith("SERVERWRAP") ? servers : creator === undefined ? accepted : undefined;
        if (known === undefined) return;
        known.set(id, one);
        if (known.size % leastSweep === 0) forgetGone(known);
      },
      ...(enter === undefined
        ? {}
        : {
            before: (id) => {
              const heir = accepted.size === 0 ? undefined : accepted.get(id);
              if (heir !== undefined) accepted.delete(id);
              enter(heir?.owner);
            },
          }),
    });
    hook.enable();
    return () => void hook.disable();
  };
  const leftBy: Handles["leftBy"] = async (isOwner) => {
    const clock = nodeClock();
    const end = clock.elapsed() + closingMs;
    const forever = new AbortController().signal;
    const find = () => noted.filter((one) => isOwner(one.owner) && isHeld(one));
    // What is closed is closed when the loop has turned.
    await new Promise((resolve) => setImmediate(resolve));
    let left = find();
    while (left.length > 0 && clock.elapsed() < end) {
      await clock.sleep(lookMs, forever);
      left = find();
    }
    return count(left);
  };
  return { follow, leftBy };
}

/** Whether it may keep the process alive, now or later: what was unref'd can be ref'd again. */
function isKnown({ resource }: Noted): boolean {
  const found: { _destroyed?: boolean } | undefined = resource.deref();
  return found !== undefined && found._destroyed !== true;
}

function forgetGone(known: Map<number, { readonly resource: WeakRef<object> }>): void {
  for (const [id, { resource }] of known) if (resource.deref() === undefined) known.delete(id);
}

function count(left: readonly Noted[]): readonly string[] {
  return [...new Set(Object.values(kinds))].flatMap((kind) => {
    const found = left.filter((one) => one.kind === kind).length;
    if (found === 0) return [];
    return found === 1 ? [`1 ${kind}`] : [`${found} ${kind === "child process" ? "child processes" : `${kind}s`}`];
  });
}

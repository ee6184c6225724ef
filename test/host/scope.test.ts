import { describe, expect, it } from "vitest";
import { findCulprit } from "../../core/host/blame.ts";
import { makeLoneScope, stopLimitMs } from "../../core/host/scope.ts";
import {
  CLOCK,
  type Clock,
  CONFIG,
  CONTEXT,
  type Context,
  inject,
  injectable,
  LOG,
  type Log,
  STORES,
  type Token,
} from "../../core/plugin/index.ts";
import { VirtualClock } from "../../core/testkit/clock.ts";
import { type LogLine, recordLog } from "../../core/testkit/surroundings.ts";

function open() {
  const clock = new VirtualClock();
  const lines: LogLine[] = [];
  const log = recordLog(lines);
  const scope = makeLoneScope("lamp", log, [[CLOCK, clock]]);
  return { clock, lines, log, scope, context: scope.context({ pin: 4 }) };
}

@injectable()
class Bulb {
  readonly clock: Clock;
  readonly log: Log;

  constructor(@inject(CLOCK) clock: Clock, @inject(LOG) log: Log) {
    this.clock = clock;
    this.log = log;
  }
}

class Unmarked {
  readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }
}

describe("a plugin's context", () => {
  it("has the plugin's name, configuration, log and what it asks for", () => {
    const { context, clock, log } = open();
    expect([context.name, context.config, context.log, context.signal.aborted]).toEqual([
      "lamp",
      { pin: 4 },
      log,
      false,
    ]);
    expect([context.get(CLOCK), context.get(LOG)]).toEqual([clock, log]);
  });

  it("says what it does not have", () => {
    const { context } = open();
    expect(() => context.get(STORES)).toThrow(
      "nothing is offered under Symbol(rustiq/stores); ask for one of the tokens of rustiq/plugin: CONTEXT, CONFIG, LOG, CLOCK",
    );
    const wrong = "clock" as unknown as Token<Clock>; // what an author without a compiler can ask for
    expect(() => context.get(wrong)).toThrow("nothing is offered under clock");
  });

  it("makes classes with what they ask for, a new one each time", () => {
    const { context, clock, log } = open();
    const bulb = context.make(Bulb);
    expect([bulb.clock, bulb.log]).toEqual([clock, log]);
    expect(context.make(Bulb)).not.toBe(bulb);
    expect(context.make(class Plain {})).toBeTruthy();
  });

  it("says how a class that it cannot make must be marked", () => {
    const { context } = open();
    expect(() => context.make(Unmarked)).toThrow(
      "Unmarked cannot be made: the first parameter of the constructor of Unmarked has no @inject(TOKEN); import inject and injectable from rustiq/plugin",
    );
  });

  it("gives a class its context and its parsed options", () => {
    @injectable()
    class Lamp {
      readonly context: Context;
      readonly config: unknown;
      constructor(@inject(CONTEXT) context: Context, @inject(CONFIG) config: unknown) {
        this.context = context;
        this.config = config;
      }
    }
    const { context } = open();
    const lamp = context.make(Lamp);
    expect(lamp.context).toBe(context);
    expect(lamp.config).toEqual({ pin: 4 });
    expect(context.get(CONFIG)).toBe(context.config);
  });

  it("names the parameter of the class that has nothing to be given", () => {
    @injectable()
    class Half {
      readonly clock: Clock;
      readonly log: Log;
      constructor(@inject(CLOCK) clock: Clock, log: Log) {
        this.clock = clock;
        this.log = log;
      }
    }
    @injectable()
    class Outer {
      readonly half: Half;
      constructor(@inject(Half) half: Half) {
        this.half = half;
      }
    }
    @injectable()
    class Shelf {
      readonly stores: unknown;
      constructor(@inject(STORES) stores: unknown) {
        this.stores = stores;
      }
    }
    class Bare {
      readonly clock: Clock;
      constructor(@inject(CLOCK) clock: Clock) {
        this.clock = clock;
      }
    }
    const { context } = open();
    expect(() => context.make(Outer)).toThrow(
      "Outer cannot be made: the second parameter of the constructor of Half has no @inject(TOKEN)",
    );
    expect(() => context.make(Shelf)).toThrow(
      "the first parameter of the constructor of Shelf asks for Symbol(rustiq/stores), under which nothing is offered; ask for one of the tokens of rustiq/plugin: CONTEXT, CONFIG, LOG, CLOCK",
    );
    expect(() => context.make(Bare)).toThrow(/^Bare cannot be made: .*; mark the class @injectable\(\)/);
  });

  it("tells what a constructor has thrown as that", () => {
    @injectable()
    class Broken {
      constructor() {
        throw new Error("no power");
      }
    }
    const { context } = open();
    expect(() => context.make(Broken)).toThrow(/^Broken cannot be made: its constructor has thrown: no power$/);
  });

  it("keeps two plugins apart", () => {
    const [one, two] = [open(), open()];
    expect(one.context.get(LOG)).toBe(one.log);
    expect(two.context.get(LOG)).toBe(two.log);
  });
});

describe("an error that nobody caught", () => {
  it("is told under the plugin's name, and to whoever has to know", () => {
    const { scope, lines } = open();
    const told: string[] = [];
    scope.accuse("early");
    scope.onAccused((reason) => told.push(reason));
    const thrown = new Error("late");
    scope.accuse(thrown);
    expect(lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "error: plugin lamp: nobody caught its error: early",
      "error: plugin lamp: nobody caught its error: late",
    ]);
    expect(lines[1]?.fields["error"]).toBe(thrown);
    expect(told).toEqual(["nobody caught its error: late"]);
  });

  it("is the plugin's in its releases, the late ones too", async () => {
    const { context, scope, clock } = open();
    const seen: unknown[] = [];
    const look = async () => {
      await Promise.resolve();
      seen.push(findCulprit());
    };
    context.onStop(look);
    await scope.release(clock);
    context.onStop(look);
    await clock.settle();
    expect(seen).toEqual([scope, scope]);
  });
});

describe("stopping a plugin", () => {
  it("aborts its signal and runs its releases one after the other, last-first", async () => {
    const { context, scope, clock } = open();
    const done: string[] = [];
    context.onStop(() => {
      done.push("first");
    });
    context.onStop(async () => {
      done.push(`second begins, ${context.signal.aborted ? "aborted" : "not aborted"}`);
      await clock.sleep(100, new AbortController().signal);
      done.push("second ends");
    });
    const stopping = scope.release(clock);
    await clock.advance(100);
    expect(await stopping).toEqual([]);
    expect(done).toEqual(["second begins, aborted", "second ends", "first"]);
    expect(context.signal.reason).toEqual(new Error("plugin lamp is stopped"));
    expect(clock.pending).toBe(0);
  });

  it("runs every release whatever the others do, and tells each fault", async () => {
    const { context, scope, clock } = open();
    const done: number[] = [];
    context.onStop(() => {
      done.push(1);
    });
    context.onStop(() => {
      throw new Error("broken");
    });
    context.onStop(() => Promise.reject("out of order"));
    context.onStop(() => {
      done.push(2);
    });
    expect(await scope.release(clock)).toEqual(["out of order", "broken"]);
    expect(done).toEqual([2, 1]);
  });

  it("waits five seconds in all, and still begins what is behind the one that hangs", async () => {
    const { context, scope, clock } = open();
    const done: number[] = [];
    context.onStop(() => {
      done.push(1);
    });
    context.onStop(() => new Promise(() => undefined));
    context.onStop(() => clock.sleep(stopLimitMs - 1, new AbortController().signal));
    const stopping = scope.release(clock);
    await clock.advance(stopLimitMs - 1);
    expect(done).toEqual([]);
    await clock.advance(1);
    expect(await stopping).toEqual(["its releases take longer than 5000 ms"]);
    expect(done).toEqual([1]);
    expect(clock.pending).toBe(0);
  });

  it("may be done twice, and runs each release once", async () => {
    const { context, scope, clock } = open();
    let count = 0;
    context.onStop(() => {
      count += 1;
    });
    await Promise.all([scope.release(clock), scope.release(clock)]);
    expect(await scope.release(clock)).toEqual([]);
    expect(count).toBe(1);
  });

  it("gives back at once what a late start still takes", async () => {
    const { context, scope, clock, lines } = open();
    await scope.release(clock);
    let isReleased = false;
    context.onStop(() => {
      isReleased = true;
    });
    context.onStop(() => Promise.reject(new Error("broken")));
    await clock.settle();
    expect(isReleased).toBe(true);
    expect(lines.map(({ message }) => message)).toEqual(["a late release failed: broken"]);
  });

  it("runs a release that another one asks for", async () => {
    const { context, scope, clock } = open();
    const done: string[] = [];
    context.onStop(() => {
      done.push("outer");
      context.onStop(() => {
        done.push("inner");
      });
    });
    await scope.release(clock);
    expect(done).toEqual(["outer", "inner"]);
  });
});

import { Dice } from "./dice.ts";
import { type Behaviour, type CommandName, dooms, type PlannedDocument, type PlannedEntry } from "./documents.ts";
import { serviceNames } from "./kit.ts";
import { type Crash, type Fault, type Jump, largeOutbox, type Plan } from "./plan.ts";

const hour = 3_600_000;
const year = 365 * 24 * hour;

/** The wall clock of a computer that was never told the time. */
const neverSet = 0;
/** Times at which documents expire. */
const never = "2999-01-01T00:00:00Z";
const past = "2025-01-01T00:00:00Z";
const summer = Date.UTC(2025, 5, 1, 12);

function planBehaviour(dice: Dice): Behaviour {
  if (dice.chance(0.55)) return {};
  const number = dice.below(27);
  if (number < 5) return { wait: dice.pick([1, 50, 3000, 12_000]) };
  if (number < 8) return { fails: true };
  if (number < 12) return { keeps: true };
  if (number < 15) return { sends: true };
  if (number < 18) return { fetches: true };
  if (number < 21) return { commits: true };
  if (number < 22) return { restarts: true };
  if (number < 23) return { wait: dice.pick([31_000, 40_000]), isDeaf: dice.chance(0.5) };
  if (number < 24) return { size: dice.chance(0.3) ? 70_000 : 600 };
  return { ends: dice.pick(dooms), times: dice.pick([1, 5]) };
}

/** Entries whose records are made durable late, so that a power cut finds several sectors of them. */
function planSurvey(dice: Dice): readonly PlannedEntry[] {
  return Array.from({ length: dice.between(3, 6) }, () => ({
    command: "look",
    does: dice.chance(0.3) ? { size: 600 } : {},
  }));
}

function planEntry(dice: Dice): PlannedEntry {
  const command = dice.pick<CommandName>(["look", "set", "set", "fire", "fire", "fire"]);
  const does = planBehaviour(dice);
  return {
    command,
    does,
    ...(dice.chance(0.05) ? { refusal: dice.pick(["syntax", "unknown", "argument"]) } : {}),
    ...(dice.chance(0.1) ? { id: `entry-${dice.below(9)}` } : {}),
  };
}

function planDocument(
  dice: Dice,
  number: number,
  service: string,
  before: readonly PlannedDocument[],
): PlannedDocument {
  const form = dice.chance(0.6) ? "array" : "object";
  const when = { step: dice.below(350), ms: dice.below(180_000) };
  const own = before.filter((one) => one.service === service && one.again === undefined);
  const earlier = own[dice.below(Math.max(1, own.length))];
  if (earlier !== undefined && dice.chance(0.2)) {
    const { step, ms, ...same } = earlier;
    return { ...same, number, again: earlier.number, ...when };
  }
  const name = earlier?.id !== undefined && dice.chance(0.3) ? earlier.id : `order-${number}`;
  return {
    number,
    service,
    form,
    ...(form === "object" && dice.chance(0.5) ? { id: name } : {}),
    ...(form === "object" && dice.chance(0.2) ? { expires: dice.chance(0.8) ? never : past } : {}),
    ...(form === "object" && dice.chance(0.3) ? { stopsOnError: true } : {}),
    ...(dice.chance(0.06) ? { broken: dice.pick(["json", "shape", "encoding", "large"]) } : {}),
    entries: dice.chance(0.1)
      ? planSurvey(dice)
      : Array.from({ length: dice.pick([0, 1, 1, 1, 2, 2, 3]) }, () => planEntry(dice)),
    ...when,
  };
}

function planCrash(dice: Dice, index: number): Crash {
  const isSoon = index > 0 && dice.chance(0.5);
  const how = dice.pick<Crash["how"]>(["kill", "kill", "kill", "power", "power", "power", "power", "stop", "freeze"]);
  const crash = { after: dice.between(1, isSoon ? 40 : 250), how, gapMs: dice.pick([0, 0, 500, 20_000, hour]) };
  return how === "freeze" ? { ...crash, frozen: dice.between(1, 150) } : crash;
}

function planFault(dice: Dice): Fault {
  const from = dice.below(300);
  const window = { from, to: from + dice.between(1, 150) };
  switch (dice.below(10)) {
    case 0:
      return { ...window, kind: "io", chance: dice.pick([0.02, 0.2]) };
    case 1:
      return { ...window, kind: "sync", chance: dice.pick([0.1, 0.5]) };
    case 2:
      return { ...window, kind: "full", free: dice.pick([0, 300, 2000]) };
    case 3:
    case 4:
      return { ...window, kind: "outage" };
    case 5:
      return { ...window, kind: "stale", chance: 0.4 };
    case 6:
      return { ...window, kind: "slip", chance: dice.pick([0.02, 0.1]) };
    default:
      return { ...window, kind: "network", chance: dice.pick([0.1, 0.4]) };
  }
}

function planJump(dice: Dice): Jump {
  const size = dice.pick([5000, hour, 30 * 24 * hour, 3 * year, 40 * year]);
  return { step: dice.below(400), ms: dice.chance(0.5) ? size : -size };
}

/** What a seed stands for. */
export function makePlan(seed: number): Plan {
  const dice = new Dice(seed);
  const [first, second, third] = serviceNames;
  const services = dice.pick([[first], [first], [first], [first, second], [first, second], [first, second, third]]);
  const documents: PlannedDocument[] = [];
  for (let number = 0; number < dice.pick([1, 1, 2, 2, 3]); number++) {
    const service = services[dice.below(services.length)] ?? first;
    documents.push(planDocument(dice, number, service, documents));
  }
  const crashes = Array.from(
    { length: dice.chance(0.03) ? 0 : dice.pick([1, 1, 1, 1, 1, 2, 2, 2, 3, 4]) },
    (_, index) => planCrash(dice, index),
  );
  const faults = Array.from({ length: dice.pick([0, 0, 1, 1, 2]) }, () => planFault(dice));
  const jumps = Array.from({ length: dice.pick([0, 0, 0, 0, 1, 2]) }, () => planJump(dice));
  const after = dice.chance(0.25) ? "delete" : "keep";
  const isFolder = dice.chance(0.25);
  // A clock that was ahead is doubted for a day of polls: few plans have the time for that.
  const isPatient = dice.chance(0.1) || jumps.every(({ ms }) => ms < 0);
  return {
    seed,
    services,
    documents: isPatient ? documents : documents.map(({ expires, ...document }) => document),
    // Between the look at a document and its removal nothing keeps others from putting the next one: no process stands still there,
    // and no server lags behind. Nor does a folder.
    crashes: after === "delete" ? crashes.filter(({ how }) => how !== "freeze") : crashes,
    faults: after === "delete" || isFolder ? faults.filter(({ kind }) => kind !== "stale") : faults,
    jumps: jumps.sort((a, b) => a.step - b.step),
    createOnce: dice.pick(["honoured", "honoured", "undeclared", "ignored"]),
    isFolder,
    isVersioned: dice.chance(0.5),
    after,
    outboxBytes: dice.pick([12_288, largeOutbox]),
    isFine: dice.chance(0.15),
    wall: dice.chance(0.1) ? neverSet : summer,
    serverWall: summer,
  };
}

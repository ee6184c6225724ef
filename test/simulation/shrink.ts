import type { PlannedDocument } from "./documents.ts";
import type { Crash, Fault, Plan } from "./plan.ts";

/** Runs that finding a smaller plan may take. */
const mostRuns = 400;
/** Orders that each smaller plan is tried in. */
const ordersTried = 3;

/** Whether a plan still breaks what it is to be shrunk for. */
export type StillFails = (plan: Plan) => Promise<boolean>;

/** A plan as small as can be found that still fails. */
export async function shrink(
  plan: Plan,
  stillFails: StillFails,
): Promise<{ readonly plan: Plan; readonly runs: number }> {
  let smallest = plan;
  let runs = 0;
  for (let isSmaller = true; isSmaller && runs < mostRuns; ) {
    isSmaller = false;
    for (const candidate of proposeSmaller(smallest)) {
      const found = await findFailing(candidate, async (one) => {
        runs += 1;
        return stillFails(one);
      });
      if (found !== undefined) {
        smallest = found;
        isSmaller = true;
        break;
      }
      if (runs >= mostRuns) break;
    }
  }
  return { plan: smallest, runs };
}

/** What is left out changes the order of everything behind it: a few other orders are tried too. */
async function findFailing(candidate: Plan, stillFails: StillFails): Promise<Plan | undefined> {
  for (let order = 0; order < ordersTried; order++) {
    const reordered = { ...candidate, seed: candidate.seed + order };
    if (await stillFails(reordered)) return reordered;
  }
  return undefined;
}

/** Smaller plans, the much smaller ones first. */
function* proposeSmaller(plan: Plan): Generator<Plan> {
  for (const index of plan.documents.keys()) yield { ...plan, documents: without(plan.documents, index) };
  for (const index of plan.faults.keys()) yield { ...plan, faults: without(plan.faults, index) };
  for (const index of plan.crashes.keys()) yield { ...plan, crashes: without(plan.crashes, index) };
  for (const index of plan.jumps.keys()) yield { ...plan, jumps: without(plan.jumps, index) };
  const used = plan.services.filter((service) => plan.documents.some((document) => document.service === service));
  if (used.length < plan.services.length && used.length > 0) yield { ...plan, services: used };
  for (const [index, document] of plan.documents.entries()) {
    for (const smaller of proposeSimpler(document))
      yield { ...plan, documents: replace(plan.documents, index, smaller) };
  }
  yield* proposePlainer(plan);
  for (const [index, crash] of plan.crashes.entries()) {
    for (const smaller of proposeEarlier(crash)) yield { ...plan, crashes: replace(plan.crashes, index, smaller) };
  }
  for (const [index, fault] of plan.faults.entries()) {
    for (const smaller of proposeShorter(fault)) yield { ...plan, faults: replace(plan.faults, index, smaller) };
  }
}

function* proposeSimpler(document: PlannedDocument): Generator<PlannedDocument> {
  for (const index of document.entries.keys()) yield { ...document, entries: without(document.entries, index) };
  for (const [index, entry] of document.entries.entries()) {
    const { command, does } = entry;
    if (Object.keys(does).length > 0)
      yield { ...document, entries: replace(document.entries, index, { command, does: {} }) };
  }
  const { form, id, expires, stopsOnError, ...plain } = document;
  if (form === "object" && id === undefined) yield { ...plain, form: "array" };
  if (document.step > 0) yield { ...document, step: document.step >> 1 };
}

function* proposePlainer(plan: Plan): Generator<Plan> {
  if (plan.createOnce !== "honoured") yield { ...plan, createOnce: "honoured" };
  if (plan.isFolder) yield { ...plan, isFolder: false };
  if (plan.isFine) yield { ...plan, isFine: false };
  if (!plan.isVersioned) yield { ...plan, isVersioned: true };
  if (plan.after === "delete") yield { ...plan, after: "keep" };
  if (plan.wall !== plan.serverWall) yield { ...plan, wall: plan.serverWall };
}

function* proposeEarlier(crash: Crash): Generator<Crash> {
  if (crash.how === "power") yield { ...crash, how: "kill" };
  if (crash.gapMs > 0) yield { ...crash, gapMs: 0 };
  for (const less of [crash.after >> 1, (crash.after * 7) >> 3, crash.after - 1]) {
    if (less > 0 && less < crash.after) yield { ...crash, after: less };
  }
}

function* proposeShorter(fault: Fault): Generator<Fault> {
  const half = (fault.to - fault.from) >> 1;
  if (half < 1) return;
  yield { ...fault, to: fault.from + half };
  yield { ...fault, from: fault.from + half };
}

function without<T>(list: readonly T[], index: number): readonly T[] {
  return list.filter((_, at) => at !== index);
}

function replace<T>(list: readonly T[], index: number, value: T): readonly T[] {
  return list.map((one, at) => (at === index ? value : one));
}

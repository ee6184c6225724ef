import { pause } from "../s3/network-dice.ts";
import type { Operator, Sent } from "../s3/network-operator.ts";

/** What came of the documents. Lists hold names of documents and effects. */
export interface Commands {
  readonly documents: number;
  readonly effects: number;
  readonly lost: readonly string[];
  readonly double: readonly string[];
}

/** Milliseconds in which a result must be there. */
const resultMs = 180_000;
const lingerMs = 20;
/** Milliseconds between two documents of one service. */
const betweenMs = 2000;
/** Times that the operator asks the server, which no proxy disturbs, before the soak ends for it. */
const attempts = 5;

/** An hour is not lost for one connection that the server has closed. */
async function ask<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      if (attempt === attempts) throw thrown;
      await pause(1000);
    }
  }
}

/** Sends each service one document after the other until `isOver`; answers them all. */
export async function sendCommands(
  operator: Operator,
  services: readonly string[],
  isOver: () => boolean,
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  const sendTo = async (service: string) => {
    for (let number = 0; !isOver(); number++) {
      // Whether one that failed was put nobody knows; its effects have names of their own, and must not be done twice all the same.
      const document = await operator.send(service, number, lingerMs).catch(() => undefined);
      if (document !== undefined) {
        sent.push(document);
        // One that never comes is found at the end.
        if (!(await ask(() => operator.awaitResult(document, resultMs)))) return;
      }
      await pause(betweenMs);
    }
  };
  await Promise.all(services.map(sendTo));
  return sent;
}

/** Each document has its one result, in which all is well, and each of its effects has happened once. */
export async function judgeCommands(operator: Operator, sent: readonly Sent[], effects: string): Promise<Commands> {
  const counts = new Map<string, number>();
  for (const line of effects.split("\n").filter((text) => text !== "")) {
    const [, name] = JSON.parse(line) as [string, string];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const lost: string[] = [];
  for (const { service, batch, commands, effects: expected } of sent) {
    const report = await ask(() => operator.readReport(`${service}/results/${batch}.json`));
    const statuses = report?.commands.map(({ status }) => status) ?? [];
    if (statuses.length !== commands.length || statuses.some((status) => status !== "ok")) {
      lost.push(`${batch}: ${report === undefined ? "it has no result" : `its entries ended ${statuses.join(", ")}`}`);
    }
    for (const [name] of expected) if (!counts.has(name)) lost.push(`${batch}: ${name} was not done`);
  }
  const double = [...counts].filter(([, count]) => count > 1).map(([name, count]) => `${name}, ${count} times`);
  return { documents: sent.length, effects: counts.size, lost, double };
}

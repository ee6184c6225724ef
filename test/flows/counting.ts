import { defineService, z } from "rustiq/plugin";

/** A service whose effects can be counted: what ran, in order. */
export function countingService(service = "counter") {
  const ran: string[] = [];
  const plugin = defineService({
    api: 1,
    service,
    about: "Counts what is done.",
    commands: {
      count: { about: "Counts once.", args: { name: z.string() }, result: z.number(), effect: "once" },
      look: { about: "Tells the count.", args: {}, result: z.number(), effect: "read" },
      fail: { about: "Fails.", args: { message: z.string() }, result: z.null(), effect: "once" },
      linger: {
        about: "Takes its time.",
        args: { ms: z.number() },
        result: z.string(),
        effect: "once",
        timeoutMs: 60_000,
      },
    },
    start() {
      return {
        count: ({ name }) => ran.push(name),
        look: () => ran.length,
        fail: ({ message }) => {
          throw new Error(message);
        },
        linger: ({ ms }, { signal }) =>
          new Promise<string>((resolve, reject) => {
            ran.push(`linger ${ms}`);
            const timer = setTimeout(() => resolve("done"), ms);
            signal.addEventListener("abort", () => {
              clearTimeout(timer);
              reject(signal.reason);
            });
          }),
      };
    },
  });
  return { plugin, ran };
}

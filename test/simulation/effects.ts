import { z } from "zod";
import { type Call, defineCommand, defineService, type ServicePlugin } from "../../core/plugin/contract.ts";
import { CLOCK, DEVICE, STATE, TRANSFERS, UPLOADS } from "../../core/plugin/tokens.ts";
import type { SimulatedClock } from "./clock.ts";
import { type Behaviour, type Doom, readBehaviour } from "./documents.ts";
import type { Ledger, Visit } from "./ledger.ts";
import type { Owner, Scheduler } from "./scheduler.ts";

/** A process as its services see it. */
export interface Stage extends Owner {
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  /** Ends the process, at once or soon. */
  end(how: Doom): void;
}

/** Milliseconds; longer than any command may take. */
const longestMs = 3_600_000;

/** The object in the store `contents` that commands download. */
export const filmKey = "film";

/** Services whose every effect is a step that the world counts. Made once: their schemas take long to make. */
export function createServices(names: readonly string[]): readonly ServicePlugin[] {
  const args = { mark: z.string(), how: z.string().default("") };
  const result = z.string();
  const commands = {
    look: defineCommand({ about: "Looks.", args, result, effect: "read" }),
    set: defineCommand({ about: "Sets.", args, result, effect: "idempotent" }),
    fire: defineCommand({ about: "Fires.", args, result, effect: "once" }),
  };
  return names.map((service) =>
    defineService({
      api: 1,
      service,
      about: "Counts effects.",
      commands,
      start(context) {
        const clock = context.get(CLOCK) as SimulatedClock<Stage>;
        const { ledger, scheduler } = clock.process;
        const { promises } = ledger;
        const state = context.get(STATE);
        const uploads = context.get(UPLOADS);
        const transfers = context.get(TRANSFERS);
        const { folder } = context.get(DEVICE);
        ledger.checkState(clock.process, service, state.entries());

        const act = async (visit: Visit, does: Behaviour, call: Call) => {
          if (does.wait !== undefined)
            await clock.sleep(does.wait, does.isDeaf ? new AbortController().signal : call.signal);
          await scheduler.perform(clock.process, `effect ${visit.place}`, () => ledger.effect(visit));
          if (does.ends !== undefined && visit.count <= (does.times ?? 1)) {
            if (does.ends !== "stop") ledger.die(clock.process, visit);
            clock.process.end(does.ends);
            await clock.sleep(longestMs, call.signal);
          }
          if (does.restarts) await call.restart(visit.number);
          if (does.keeps) {
            await state.put(`kept ${visit.place}`, visit.number);
            promises.confirmKept(visit);
          }
          if (does.commits) {
            void call.keep(`committed ${visit.place}`, visit.number).then(() => promises.confirmCommitted(visit));
          }
          if (does.sends) {
            const key = `sent/${visit.place}`;
            await uploads.put("contents", key, String(visit.number));
            promises.sent.set(key, visit.number);
          }
          if (does.fetches) {
            const path = `${folder}/film-${visit.mark}`;
            await transfers.download("contents", filmKey, path, { signal: call.signal });
            promises.fetched.add(path);
          }
          if (does.fails) throw new Error("fails as planned");
        };
        const handle =
          (command: keyof typeof commands) =>
          async ({ mark, how }: { mark: string; how: string }, call: Call) => {
            const { process } = clock;
            const does = readBehaviour(how);
            const visit =
              call.restarted === undefined
                ? ledger.begin(process, service, mark, command)
                : ledger.resume(process, service, mark, command, call.restarted.note);
            if (call.restarted === undefined) await act(visit, does, call);
            return `${mark}#${visit.number}`.padEnd(does.size ?? 0, "x");
          };
        return { look: handle("look"), set: handle("set"), fire: handle("fire") };
      },
    }),
  );
}

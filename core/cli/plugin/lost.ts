import { reasonOf } from "../../errors.ts";

/** Errors that nobody caught: a plugin's timers and forgotten promises throw them, and they would end the process. */
export class LostErrors {
  #reasons: string[] = [];

  constructor() {
    const note = (thrown: unknown) => {
      this.#reasons.push(reasonOf(thrown));
    };
    // The callback and not the event: it takes the place of the listener that ends every other command at such an error.
    process.setUncaughtExceptionCaptureCallback(note);
    process.on("unhandledRejection", note);
  }

  /** Those since the last look. */
  take(): readonly string[] {
    return this.#reasons.splice(0);
  }
}

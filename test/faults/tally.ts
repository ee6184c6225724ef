/** How entries ended. */
export class Tally {
  ok = 0;
  /** `once` commands whose outcome nobody knows; of these, those whose effect is there. */
  unknown = 0;
  unknownWithEffect = 0;
  /** Commands that may be repeated, given up after the last attempt. */
  givenUp = 0;
  /** Not run, because an entry before them failed and their document says so. */
  skipped = 0;
  /** Not run, because the device had died too often over their batch. */
  quarantined = 0;
  /** Carried out, but the disk did not take the result. */
  unkept = 0;
  /** Entries that were run more than once, as their effect allows; they are among the others. */
  repeated = 0;

  get entries(): number {
    return this.ok + this.unknown + this.givenUp + this.skipped + this.quarantined + this.unkept;
  }

  /** The figures in words. */
  tell(): string {
    const unknown = `${this.unknown} once ended unknown (${this.unknownWithEffect} with their effect)`;
    const others = `${this.givenUp} given up, ${this.quarantined} quarantined, ${this.skipped} skipped, ${this.unkept} with a result that the disk did not take`;
    return `${this.entries} entries: ${this.ok} ok, ${unknown}, ${others}; ${this.repeated} were run again`;
  }
}

import { Findings } from "./findings.ts";
import { Tally } from "./tally.ts";

/** What a loop of kills has done and found. */
export class KillFigures {
  readonly findings = new Findings();
  readonly tally = new Tally();
  kills = 0;
  killsOfOnce = 0;
  killsBeforeReady = 0;
  killsOfStops = 0;
  devices = 0;
  documents = 0;
  repeats = 0;
  /** Of processes of isolated plugins. */
  guestKills = 0;

  /** One line. */
  tell(seed: number, seconds: number): string {
    return [
      `${this.kills} kills (${this.killsOfOnce} of run --once, ${this.killsBeforeReady} of run before its first poll,`,
      ` ${this.killsOfStops} of a stop)`,
      ` of ${this.devices} devices${this.guestKills > 0 ? `, and ${this.guestKills} of isolated plugins` : ""}; ${this.documents} documents, ${this.repeats} ids put again, ${this.tally.tell()};`,
      ` ${this.findings.summary}; ${Math.round(seconds)} s, seed ${seed}`,
    ].join("");
  }
}

import { resolve } from "node:path";
import { uploadFile } from "../../transfer/upload-file.ts";
import { exitCodes } from "../failure.ts";
import type { PutOptions } from "../groups/store.ts";
import { makeVisible, type Terminal } from "../terminal.ts";
import { Bar, showBytes } from "./bar.ts";
import { describeObject } from "./object.ts";
import { withStore } from "./open.ts";

/** `rustiq store put`. Exit 1 when the condition does not hold. */
export function putObject(
  store: string,
  path: string,
  key: string,
  options: PutOptions,
  terminal: Terminal,
): Promise<number> {
  return withStore(store, options, terminal, async (hand) => {
    const { createOnly, ifMatch, contentType } = options;
    const match = ifMatch === undefined ? undefined : { match: ifMatch };
    const bar = new Bar(terminal, hand.parts.clock);
    const info = await uploadFile(hand.parts, hand.store, resolve(path), key, {
      signal: hand.signal,
      when: createOnly === true ? { absent: true } : match,
      contentType,
      onProgress: (done, total) => bar.show(key, done, total),
    });
    if (hand.answersJson) terminal.printJson(describeObject(info));
    else terminal.print(`${store}/${makeVisible(key)}  ${showBytes(info.size)}  etag ${info.etag}`);
    return exitCodes.done;
  });
}

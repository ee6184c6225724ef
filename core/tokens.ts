/** Every injection token, a line each. What plugins may ask for is published and stands in `plugin/tokens.ts`. */

import type { Consequences } from "./command/consequences.ts";
import type { EntryRunner } from "./command/entry.ts";
import type { Invoker } from "./command/invoke.ts";
import type { ResultFiles } from "./command/results.ts";
import type { BatchRunner } from "./command/run.ts";
import type { ClockTrust } from "./command/trust.ts";
import type { Configuration } from "./config/configuration.ts";
import type { Events } from "./events.ts";
import type { Oversight } from "./host/oversight.ts";
import type { ServiceSet } from "./host/services.ts";
import type { Journal } from "./journal/journal.ts";
import type { Reserve } from "./journal/reserve.ts";
import { token } from "./plugin/tokens.ts";
import type { Files } from "./ports/files.ts";
import type { ServiceLoops } from "./transfer/loops.ts";
import type { Outbox } from "./transfer/outbox.ts";
import type { Poller } from "./transfer/poll.ts";
import type { Presence } from "./transfer/presence.ts";
import type { Reachability } from "./transfer/reachability.ts";
import type { Uploader } from "./transfer/upload.ts";

export { APPLICATIONS, CALLS, CLOCK, LOG, PROCESSES, RANDOM, STORES, TRANSFERS, UPLOADS } from "./plugin/tokens.ts";

export const CONFIGURATION = token<Configuration>("core/configuration");
export const FILES = token<Files>("core/files");
export const EVENTS = token<Events>("core/events");
export const JOURNAL = token<Journal>("core/journal");
export const SERVICES = token<ServiceSet>("core/services");
export const OVERSIGHT = token<Oversight>("core/oversight");
export const RESERVE = token<Reserve>("core/reserve");
export const CONSEQUENCES = token<Consequences>("core/consequences");
export const CLOCK_TRUST = token<ClockTrust>("core/clock-trust");
export const RESULT_FILES = token<ResultFiles>("core/result-files");
export const ENTRY_RUNNER = token<EntryRunner>("core/entry-runner");
export const INVOKER = token<Invoker>("core/invoker");
export const RUNNER = token<BatchRunner>("core/runner");
export const OUTBOX = token<Outbox>("core/outbox");
export const UPLOADER = token<Uploader>("core/uploader");
export const REACHABILITY = token<Reachability>("core/reachability");
export const POLLER = token<Poller>("core/poller");
export const PRESENCE = token<Presence>("core/presence");
export const LOOPS = token<ServiceLoops>("core/loops");

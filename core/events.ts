import { EventEmitter } from "node:events";
import type { Report, ReportEntry } from "./command/report.ts";

/** What a program that hosts the runtime can follow. */
export interface EventMap {
  /** The first poll can begin. */
  ready: [{ readonly deviceId: string }];
  batch: [{ readonly service: string; readonly batch: string; readonly entries: number }];
  command: [{ readonly service: string; readonly batch: string; readonly index: number; readonly entry: ReportEntry }];
  report: [{ readonly service: string; readonly batch: string; readonly report: Report }];
  /** An upload is confirmed by its store. */
  delivered: [{ readonly store: string; readonly key: string }];
  /** A store does not answer, or answers again. */
  store: [{ readonly store: string; readonly reachable: boolean; readonly reason?: string }];
}

export type Events = EventEmitter<EventMap>;

export function createEvents(): Events {
  return new EventEmitter<EventMap>();
}

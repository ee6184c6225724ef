import { Cron } from "croner";
import { describe, expect, it } from "vitest";
import { CronReader, isTimezone } from "../../../plugins/scheduler/cron.ts";

const now = Date.UTC(2025, 0, 1);
const reader = new CronReader(Cron, "UTC");

describe("cron texts", () => {
  it.each([
    ["61 * * * *", 'field 1 (minute) is "61"; expected 0-59'],
    ["* 25 * * *", 'field 2 (hour) is "25"; expected 0-23'],
    ["* * 32 * *", 'field 3 (day of month) is "32"; expected 1-31'],
    ["* * * 13 *", 'field 4 (month) is "13"; expected 1-12'],
    ["* * * * 9", 'field 5 (day of week) is "9"; expected 0-7'],
    ["* * * * MOON", 'field 5 (day of week) is "MOON"'],
    ["60 * * * * *", 'field 1 (second) is "60"; expected 0-59'],
    ["0 0 24 * * *", 'field 3 (hour) is "24"'],
    ["*/0 * * * *", 'field 1 (minute) is "*/0"'],
    ["5-1 * * * *", 'field 1 (minute) is "5-1"'],
    ["* * * * * * *", "has 7 fields; expected 5, or 6 with seconds"],
    ["* * * *", "has 4 fields"],
    ["daily", "has 1 fields"],
    ["@reboot", "has 1 fields"],
  ])("names what is wrong with %s", (text, message) => {
    expect(() => reader.read(text, now)).toThrow(message);
  });

  it("refuses a day that never comes", () => {
    expect(() => reader.read("0 0 30 2 *", now)).toThrow(/never due/);
  });

  it.each([
    ["*/5 * * * *", "2025-01-01T00:05:00.000Z"],
    ["30 3 * * *", "2025-01-01T03:30:00.000Z"],
    ["*/10 * * * * *", "2025-01-01T00:00:10.000Z"],
    ["0 12 L * *", "2025-01-31T12:00:00.000Z"],
    ["0 0 * * MON#1", "2025-01-06T00:00:00.000Z"],
    ["0 0 29 2 *", "2028-02-29T00:00:00.000Z"],
    ["@daily", "2025-01-02T00:00:00.000Z"],
  ])("%s is due next at %s", (text, due) => {
    expect(new Date(reader.read(text, now).next(now) ?? 0).toISOString()).toBe(due);
  });

  it("are read in the configured time zone", () => {
    const tokyo = new CronReader(Cron, "Asia/Tokyo");
    expect(tokyo.read("0 12 * * *", now).next(now)).toBe(Date.UTC(2025, 0, 1, 3));
    expect(isTimezone("Asia/Tokyo")).toBe(true);
    expect(isTimezone("Mars/Olympus")).toBe(false);
  });
});

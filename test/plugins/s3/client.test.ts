import { expect, test, vi } from "vitest";
import { createClient } from "../../../plugins/s3/client.ts";

// In a file of its own: the SDK warns at the first client of a process only.
test("making a client lets every warning of the process through but the SDK's about Node", () => {
  const emit = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  createClient({ bucket: "bucket", region: "eu-west-1", endpoint: "http://127.0.0.1:9" }).destroy();
  expect(emit).not.toHaveBeenCalled();
  process.emitWarning("another");
  expect(emit).toHaveBeenCalledWith("another");
  emit.mockRestore();
});

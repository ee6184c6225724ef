/** What went wrong, as far as the caller decides by it; what each means for a second try is in `RetryClass`. */
export type StoreErrorCode =
  | "denied"
  | "conflict"
  | "unsupported"
  | "throttled"
  | "timeout"
  | "unavailable"
  | "corrupt"
  | "invalid-key"
  | "too-large"
  | "aborted";

/** "unknown-outcome": a write that may have landed; it is repeated only where repeating does no harm. */
export type RetryClass = "never" | "safe" | "unknown-outcome";

const retryClass: Record<StoreErrorCode, RetryClass> = {
  denied: "never",
  conflict: "never",
  unsupported: "never",
  throttled: "safe",
  timeout: "safe",
  unavailable: "safe",
  corrupt: "safe",
  "invalid-key": "never",
  "too-large": "never",
  aborted: "never",
};

/** The only thing a driver throws. Callers decide by `code` and `retry`, never by the message. */
export class StoreError extends Error {
  /** Always "StoreError", by which another copy of this class is known. */
  override readonly name = "StoreError";
  /** What went wrong. */
  readonly code: StoreErrorCode;
  /** Whether it may be tried again. */
  readonly retry: RetryClass;
  /** Milliseconds that the store asked to wait; undefined where it said nothing. */
  readonly retryAfterMs: number | undefined;

  /** `retry` is that of the code without another one. */
  constructor(
    code: StoreErrorCode,
    message: string,
    more: { retry?: RetryClass | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.retry = more.retry ?? retryClass[code];
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** How one round of `Runtime.runOnce` went. */
export interface Round {
  /** Services whose document could not be looked at. */
  readonly unreachable: readonly string[];
  /** Whether everything that waited was delivered. */
  readonly isDelivered: boolean;
  /** What was not, as `store/key`. */
  readonly undelivered: readonly string[];
}

/** One way to break the core. */
export interface Mutant {
  readonly name: string;
  /** The source, from the root of the project. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The test file that has to see it, from the root of the project; the simulation without one. */
  readonly test?: string;
  readonly about: string;
}

export const mutants: readonly Mutant[];

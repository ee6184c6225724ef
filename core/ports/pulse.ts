/** A beat by which the event loop shows that it turns. Not a wait: it keeps no process alive. */
export interface Pulse {
  /** Calls `beat` about every `ms`, until the answer is called. */
  every(ms: number, beat: () => void): () => void;
}

export function nodePulse(): Pulse {
  return {
    every: (ms, beat) => {
      const timer = setInterval(beat, ms);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}

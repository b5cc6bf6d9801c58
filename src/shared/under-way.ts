/** Work that is under way, so that whoever closes can wait for its end. */
export interface UnderWay {
  /** Counts the work until it ends, and hands its result on. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nothing is under way any more, what begins meanwhile included. Never rejects. */
  quiet(): Promise<void>;
}

export function createUnderWay(): UnderWay {
  const works = new Set<Promise<unknown>>();
  return {
    async track(work) {
      works.add(work);
      try {
        return await work;
      } finally {
        works.delete(work);
      }
    },
    async quiet() {
      while (works.size > 0) await Promise.allSettled(works);
    },
  };
}

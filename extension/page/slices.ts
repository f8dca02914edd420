/** Long work in short slices, so that a page never waits for this extension. */

/** Milliseconds of work between two pauses; a frame at 60 Hz lasts 16. */
const SLICE_MS = 8;

/** Lets the page's own tasks run first. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    // A timer is held back in hidden tabs, which is welcome: nobody is reading there.
    setTimeout(resolve, 0);
  });
}

/**
 * Runs a generator to its end in slices and hands each value on. Between two values there must be
 * little work: a slice ends with the value that is due when its time is up.
 */
export async function inSlices<T>(
  work: Iterable<T>,
  each: (value: T) => void,
  goesOn: () => boolean,
): Promise<void> {
  let until = performance.now() + SLICE_MS;
  for (const value of work) {
    each(value);
    if (performance.now() < until) continue;
    await pause();
    if (!goesOn()) return;
    until = performance.now() + SLICE_MS;
  }
}

// Requests for many, a few at a time.

const AT_ONCE = 4;

/** Runs `act` over all; `done(n)` after each. */
export async function overAll(all, act, done = () => {}) {
  let next = 0;
  let ended = 0;
  const worker = async () => {
    while (next < all.length) {
      await act(all[next++]);
      done(++ended);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, worker));
}

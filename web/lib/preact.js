// Preact with htm, in the one file that needs no build; and what its version lacks.
import { useRef } from "../vendor/preact.js";

export * from "../vendor/preact.js";

let last = 0;

/** An id of this component's own. */
export function useId() {
  const id = useRef(null);
  id.current ??= `e${++last}`;
  return id.current;
}

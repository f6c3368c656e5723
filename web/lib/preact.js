// Preact with htm, in the one file that needs no build; and what its version lacks.
import { Component, useRef } from "../vendor/preact.js";

export * from "../vendor/preact.js";

let last = 0;

/** An id of this component's own. */
export function useId() {
  const id = useRef(null);
  id.current ??= `e${++last}`;
  return id.current;
}

/** Drawn again only when one of its attributes is another one. */
export function memo(draw) {
  return class extends Component {
    shouldComponentUpdate(next) {
      const names = new Set([...Object.keys(this.props), ...Object.keys(next)]);
      return [...names].some((name) => this.props[name] !== next[name]);
    }

    render() {
      return draw(this.props);
    }
  };
}

/** A function that stays the same while what it does follows the latest drawing. */
export function useSame(act) {
  const latest = useRef(act);
  latest.current = act;
  const same = useRef(null);
  same.current ??= (...given) => latest.current(...given);
  return same.current;
}

// Which lines a person chose otherwise than the plan proposes; kept while the window is open, until they are applied.
import { useState } from "../lib/preact.js";

/** {isOn(line), set(lines, on), any, difference, decisions(), clear()}; a line: {line, decided}. */
export function useChoices(plan) {
  const name = `switch-${plan}`;
  const [chosen, setChosen] = useState(() => new Map(read(name))); // by the line's number: [on, as proposed]
  const keep = (next) => {
    setChosen(next);
    write(name, [...next]);
  };
  const values = [...chosen.values()];
  return {
    isOn: (line) => chosen.get(line.line)?.[0] ?? line.decided === true,
    set(lines, on) {
      const next = new Map(chosen);
      for (const [line, wanted] of lines.map((one) => [one, typeof on === "function" ? on(one) : on])) {
        const proposed = line.decided === true;
        if (wanted === proposed) next.delete(line.line);
        else next.set(line.line, [wanted, proposed]);
      }
      keep(next);
    },
    any: values.length > 0,
    difference: values.filter(([on]) => on).length - values.filter(([on]) => !on).length,
    decisions: () => ({ do: numbers(chosen, true), leave: numbers(chosen, false) }),
    clear: () => keep(new Map()),
  };
}

const numbers = (chosen, wanted) => [...chosen].filter(([, [on]]) => on === wanted).map(([line]) => line);

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) || [];
  } catch {
    return []; // a browser that keeps nothing for frames
  }
}

function write(name, content) {
  try {
    if (content.length) sessionStorage.setItem(name, JSON.stringify(content));
    else sessionStorage.removeItem(name);
  } catch {
    return; // the choices live as long as the page
  }
}

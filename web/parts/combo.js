// A text box that searches a long list. The list is drawn only while it is open, so that fifty of them stay quick.
import { html, useEffect, useId, useRef, useState } from "../lib/preact.js";
import { useFloating } from "../lib/place.js";
import { t } from "../lib/words.js";

const MOST = 400; // of a longer list the first ones; typing finds the others

/** `options`: [{value, label, detail, group, off, into}]. `off` is why one cannot be chosen; `into`: choosing it calls
 * `onInto(into)` and leaves the list open, for the list of another table. `free`: a text that is in no option may be
 * typed too. `shown`: what the box shows of `value` where no option has it. `noteOf(value)`: what else the open list says
 * of an option. */
export function Combo({ options, value, shown, onChange, onInto, free, placeholder, noteOf, ...rest }) {
  const [typed, setTyped] = useState(null); // null: closed
  const [at, setAt] = useState(0);
  const own = useId();
  const box = useRef(null);
  const list = useRef(null);
  const opened = typed !== null;
  const chosen = options.find((one) => one.value === value);
  const label = chosen?.label ?? shown ?? value ?? "";
  const found = opened ? matching(options, typed === label ? "" : typed) : [];
  const place = Math.min(at, found.length - 1);
  useFloating(opened, box, list);
  useEffect(() => {
    list.current?.querySelector(".at")?.scrollIntoView({ block: "nearest" });
  }, [place, opened, options]);
  const whole = () => Math.max(0, options.findIndex((one) => one.value === value)); // its place in the list that nothing narrows
  const open = () => {
    setTyped(free ? label : "");
    setAt(whole());
  };
  const typing = (text) => {
    setTyped(text);
    setAt(text === label ? whole() : 0);
  };
  const take = (one) => {
    if (!one || one.off) return;
    if (one.into !== undefined) {
      setTyped("");
      setAt(0);
      onInto(one.into);
      return;
    }
    setTyped(null);
    if (one.value !== value) onChange(one.value);
  };
  const left = () => {
    if (free && opened) {
      const text = typed.trim();
      const same = options.find((one) => !one.into && one.label.toLowerCase() === text.toLowerCase());
      if (text !== label) onChange(same && !same.off ? same.value : text, !same);
    }
    setTyped(null);
  };
  const pressed = (event) => {
    if (!opened) {
      if (["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) {
        event.preventDefault();
        open();
      }
      return;
    }
    const to = moved(event.key, place, found.length - 1);
    if (to !== undefined) setAt(to);
    else if (event.key === "Enter" && free && typed !== label && !found[place]) left();
    else if (event.key === "Enter") take(found[place]);
    else if (event.key === "Escape") setTyped(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const id = rest.id || own;
  return html`<div class="combo" ref=${box}>
    <input
      ...${rest}
      id=${id}
      class="input"
      role="combobox"
      autocomplete="off"
      spellcheck="false"
      placeholder=${opened && label ? label : placeholder}
      aria-autocomplete="list"
      aria-expanded=${opened ? "true" : "false"}
      aria-controls=${opened ? `${own}-list` : undefined}
      aria-activedescendant=${found[place] ? `${own}-${place}` : undefined}
      value=${opened ? typed : label}
      title=${opened ? undefined : chosen?.detail || value || undefined}
      onClick=${() => !opened && open()}
      onInput=${(event) => typing(event.currentTarget.value)}
      onBlur=${left}
      onKeyDown=${pressed}
    />
    ${opened && html`<${List} ...${{ own, list, found, place, value, take, free, noteOf }} />`}
  </div>`;
}

function List({ own, list, found, place, value, take, free, noteOf }) {
  const groups = [];
  found.forEach((one, index) => {
    if (!groups.length || groups.at(-1).name !== one.group) groups.push({ name: one.group, rows: [] });
    groups.at(-1).rows.push([one, index]);
  });
  const row = ([one, index]) => html`<div
    key=${`${one.value}`}
    id=${`${own}-${index}`}
    role="option"
    class=${index === place ? "option at" : "option"}
    aria-selected=${one.value === value ? "true" : "false"}
    aria-disabled=${one.off ? "true" : undefined}
    onClick=${() => take(one)}
  >
    <span>${one.label}</span>${" "}<span class="quiet small">${one.off || [one.detail, noteOf?.(one.value)].filter(Boolean).join(" · ")}</span>
  </div>`;
  const none = html`<div class="none quiet" role="option" aria-disabled="true" aria-selected="false">
    ${free ? t("nothing_found_free") : t("nothing_found")}
  </div>`;
  return html`<div
    class="list"
    role="listbox"
    popover="manual"
    id=${`${own}-list`}
    ref=${list}
    aria-label=${t("choices")}
    onMouseDown=${(event) => event.preventDefault()}
  >
    ${found.length
      ? groups.map((group, number) =>
          group.name
            ? html`<div role="group" key=${group.name} aria-labelledby=${`${own}-g${number}`}>
                <div class="group" id=${`${own}-g${number}`} role="presentation">${group.name}</div>
                ${group.rows.map(row)}
              </div>`
            : group.rows.map(row),
        )
      : none}
  </div>`;
}

function matching(options, typed) {
  const wanted = typed.trim().toLowerCase();
  const fitting = wanted
    ? options.filter((one) => `${one.label} ${one.value} ${one.group || ""}`.toLowerCase().includes(wanted))
    : options;
  return fitting.slice(0, MOST);
}

function moved(key, place, last) {
  const moves = {
    ArrowDown: Math.min(place + 1, last),
    ArrowUp: Math.max(place - 1, 0),
    PageDown: Math.min(place + 8, last),
    PageUp: Math.max(place - 8, 0),
  };
  return moves[key];
}

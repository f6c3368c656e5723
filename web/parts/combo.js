// A text box that searches a long list. The list is drawn only while it is open, so that fifty of them stay quick.
import { html, useEffect, useId, useRef, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";

/** `options`: [{value, label, detail, off}]; `off` is why one cannot be chosen. */
export function Combo({ options, value, onChange, placeholder, ...rest }) {
  const [typed, setTyped] = useState(null); // null: closed
  const [at, setAt] = useState(0);
  const own = useId();
  const list = useRef(null);
  const chosen = options.find((one) => one.value === value);
  const wanted = (typed || "").trim().toLowerCase();
  const shown = typed === null ? [] : options.filter((one) => !wanted || `${one.label} ${one.value}`.toLowerCase().includes(wanted));
  const place = Math.min(at, shown.length - 1);
  useEffect(() => {
    list.current?.querySelector(".at")?.scrollIntoView({ block: "nearest" });
  }, [place, typed]);
  const open = () => {
    setTyped("");
    setAt(Math.max(0, options.findIndex((one) => one.value === value)));
  };
  const take = (one) => {
    if (!one || one.off) return;
    setTyped(null);
    if (one.value !== value) onChange(one.value);
  };
  const pressed = (event) => {
    if (typed === null) {
      if (["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) {
        event.preventDefault();
        open();
      }
      return;
    }
    const last = shown.length - 1;
    const to = { ArrowDown: Math.min(place + 1, last), ArrowUp: Math.max(place - 1, 0), PageDown: Math.min(place + 8, last), PageUp: Math.max(place - 8, 0) }[event.key];
    if (to !== undefined) setAt(to);
    else if (event.key === "Enter") take(shown[place]);
    else if (event.key === "Escape") setTyped(null);
    else return;
    event.preventDefault();
  };
  const id = rest.id || own;
  return html`<div class="combo">
    <input
      ...${rest}
      id=${id}
      class="input"
      role="combobox"
      autocomplete="off"
      spellcheck="false"
      placeholder=${placeholder}
      aria-autocomplete="list"
      aria-expanded=${typed === null ? "false" : "true"}
      aria-controls=${`${own}-list`}
      aria-activedescendant=${shown[place] ? `${own}-${place}` : undefined}
      value=${typed === null ? (chosen?.label ?? value) : typed}
      title=${typed === null ? value || undefined : undefined}
      onClick=${() => typed === null && open()}
      onInput=${(event) => (setTyped(event.currentTarget.value), setAt(0))}
      onBlur=${() => setTyped(null)}
      onKeyDown=${pressed}
    />
    ${typed !== null &&
    html`<ul class="list" role="listbox" id=${`${own}-list`} ref=${list} aria-label=${t("choices")} onMouseDown=${(event) => event.preventDefault()}>
      ${shown.map(
        (one, index) => html`<li
          key=${one.value}
          id=${`${own}-${index}`}
          role="option"
          class=${index === place ? "at" : ""}
          aria-selected=${one.value === value ? "true" : "false"}
          aria-disabled=${one.off ? "true" : undefined}
          onClick=${() => take(one)}
        >
          <span>${one.label}</span><span class="quiet small">${one.off || one.detail}</span>
        </li>`,
      )}
      ${!shown.length && html`<li class="none quiet" role="option" aria-disabled="true" aria-selected="false">${t("nothing_found")}</li>`}
    </ul>`}
  </div>`;
}

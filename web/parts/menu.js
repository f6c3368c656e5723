// A menu behind a button: arrows, Home and End move, Escape closes and gives the focus back.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/preact.js";
import { useFloating } from "../lib/place.js";
import { Button } from "./basics.js";
import { Icon } from "./icons.js";

/** `items`: [{label, icon, onPress} | {label, icon, href} | null (a line)]. */
export function Menu({ label, items, busy }) {
  const [open, setOpen] = useState(false);
  const root = useRef(null);
  const list = useRef(null);
  const button = () => root.current.querySelector("button");
  const entries = () => [...root.current.querySelectorAll("[role=menuitem]")];
  useFloating(open, root, list, true);
  // At once: an Escape that came before it would give the focus back, and a later effect would take it away again.
  useLayoutEffect(() => {
    if (open) entries()[0]?.focus();
  }, [open]);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event) => root.current?.contains(event.target) || setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    button().focus();
  };
  const moved = (event) => {
    const all = entries();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") close();
    else if (event.key === "Tab") setOpen(false);
    else if (to !== undefined) all[to].focus();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  };
  const chosen = (item) => {
    close();
    item.onPress?.();
  };
  return html`<div class="menu" ref=${root}>
    <${Button}
      kind="subtle bare"
      icon="more"
      busy=${busy}
      aria-label=${label}
      aria-haspopup="menu"
      aria-expanded=${open ? "true" : "false"}
      onPress=${() => setOpen(!open)}
    />
    ${open &&
    html`<div class="items" role="menu" popover="manual" ref=${list} aria-label=${label} onKeyDown=${moved}>
      ${items.map((item) =>
        item === null
          ? html`<hr />`
          : item.href
            ? html`<a class="button subtle" role="menuitem" tabindex="-1" href=${item.href} target="_blank" rel="noopener noreferrer" onClick=${() => setOpen(false)}>
                <${Icon} name=${item.icon} />${item.label}
              </a>`
            : html`<button type="button" class="button subtle" role="menuitem" tabindex="-1" onClick=${() => chosen(item)}>
                <${Icon} name=${item.icon} />${item.label}
              </button>`,
      )}
    </div>`}
  </div>`;
}

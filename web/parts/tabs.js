// Tabs: one is on; arrows move between them, as the pattern wants.
import { html } from "../lib/preact.js";

/** `tabs`: [{name, label}]; the panel's id is `${id}-panel`. */
export function Tabs({ id, label, tabs, on, onChoose }) {
  const moved = (event) => {
    const at = tabs.findIndex((one) => one.name === on);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[to % tabs.length];
    onChoose(next.name);
    event.currentTarget.querySelector(`[data-name="${next.name}"]`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} onKeyDown=${moved}>
    ${tabs.map(
      (one) => html`<button
        key=${one.name}
        type="button"
        role="tab"
        id=${`${id}-${one.name}`}
        data-name=${one.name}
        aria-selected=${one.name === on ? "true" : "false"}
        aria-controls=${one.name === on ? `${id}-panel` : undefined}
        tabindex=${one.name === on ? 0 : -1}
        onClick=${() => onChoose(one.name)}
      >
        ${one.label}
      </button>`,
    )}
  </div>`;
}

export function Panel({ id, on, children }) {
  return html`<div role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${on}`}>${children}</div>`;
}

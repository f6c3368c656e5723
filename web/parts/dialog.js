// A native modal dialog: focus stays inside, Escape closes it, and focus goes back to where it came from.
import { html, useEffect, useId, useRef } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button } from "./basics.js";

/** `foot`: buttons at the end. `onSubmit`: Enter in a field, or the button of type submit. `busy`: nothing closes it. */
export function Dialog({ title, broad, busy, foot, onClose, onSubmit, children }) {
  const dialog = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    const shown = dialog.current;
    shown.showModal();
    return () => {
      shown.close(); // while it is modal, nothing outside it takes the focus
      if (before?.isConnected) before.focus();
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    if (!busy) onClose();
  };
  const submit = (event) => {
    event.preventDefault();
    if (!busy) onSubmit?.();
  };
  return html`<dialog ref=${dialog} class=${broad ? "broad" : ""} aria-labelledby=${id} onCancel=${cancel}>
    <form onSubmit=${submit} novalidate>
      <div class="row apart">
        <h2 id=${id}>${title}</h2>
        <${Button} kind="subtle bare" icon="close" off=${busy} onPress=${onClose} aria-label=${t("close")} />
      </div>
      ${children}
      ${foot && html`<div class="foot">${foot}</div>`}
    </form>
  </dialog>`;
}

/** One question, two answers. */
export function Confirm({ title, yes, danger, onYes, onClose, children }) {
  return html`<${Dialog}
    title=${title}
    onClose=${onClose}
    onSubmit=${onYes}
    foot=${[
      html`<${Button} onPress=${onClose}>${t("cancel")}<//>`,
      html`<${Button} kind=${danger ? "" : "primary"} type="submit" onPress=${(event) => (event.preventDefault(), onYes())}>${yes}<//>`,
    ]}
  >
    <div class="stack">${children}</div>
  <//>`;
}

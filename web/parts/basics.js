// Small parts that every page uses: buttons, badges, messages, fields, what is shown while waiting.
import { html, useEffect, useId, useRef, useState } from "../lib/preact.js";
import { reason, t } from "../lib/words.js";
import { Icon } from "./icons.js";

/** `busy` shows a spinner and, like `off`, takes no press; the button stays focusable, so that focus is not lost. */
export function Button({ kind = "", icon, busy, off, onPress, children, ...rest }) {
  const dead = busy || off;
  return html`<button
    type="button"
    class=${`button ${kind}`}
    aria-disabled=${dead ? "true" : undefined}
    onClick=${(event) => (dead ? event.preventDefault() : onPress?.(event))}
    ...${rest}
  >
    ${busy ? html`<span class="spinner" />` : icon && html`<${Icon} name=${icon} />`}${children}
  </button>`;
}

export function Badge({ kind = "", children }) {
  return html`<span class=${`badge ${kind}`}>${children}</span>`;
}

const SIGNS = { good: "good", warn: "warn", bad: "bad", info: "info" };

/** A lasting message. `title` in bold, then the children; `actions`: buttons. Read out when it appears. */
export function Message({ kind = "info", title, actions, children, onClose }) {
  return html`<div class=${`message ${kind}`} role=${kind === "bad" ? "alert" : "status"}>
    <${Icon} name=${SIGNS[kind]} />
    <div class="text">
      ${title && html`<span class="strong">${title}</span>${" "}`}${children}
      ${actions && html`<div class="actions">${actions}</div>`}
    </div>
    ${onClose && html`<${Button} kind="subtle bare small" icon="close" onPress=${onClose} aria-label=${t("close")} />`}
  </div>`;
}

/** A problem in words; what the app adds in its own words follows where it says more. */
export function problemText({ status, title, detail, body }) {
  if (status === 0) return t("problem.unreachable");
  if (status === 401) return t("problem.signed_out");
  if (body?.missing) return missingText(body.missing);
  if (status === 403) return `${t("problem.not_allowed")} ${detail}`;
  if (status === 503 && !body?.errors) return t("problem.vendor_down");
  return reason(detail) || title;
}

/** Which right is missing, of Entra ID or of Dynamics, and who gives it. */
export function missingText({ where, what }) {
  if (where === "entra_id") return t("missing.app_role", { role: what });
  return what === "user" ? t("missing.user") : t("missing.privilege", { privilege: what });
}

/** What an error says, and how to go on. */
export function ProblemMessage({ problem, title, onRetry, onClose }) {
  const actions = onRetry && html`<${Button} kind="small" onPress=${onRetry}>${t("try_again")}<//>`;
  return html`<${Message} kind="bad" title=${title} actions=${actions} onClose=${onClose}>${problemText(problem)}<//>`;
}

export function Stencils({ count = 2, children }) {
  return html`<div aria-busy="true">
    <p class="only-read" role="status">${t("loading")}</p>
    <div class="stack" aria-hidden="true">${Array.from({ length: count }, () => children)}</div>
  </div>`;
}

/** A labelled control: the child is called with the attributes that tie it to its label, hint and problem. */
export function Field({ label, hint, problem, hidden, children }) {
  const id = useId();
  const said = [problem && `${id}-p`, hint && `${id}-h`].filter(Boolean).join(" ") || undefined;
  return html`<div class="field">
    <label for=${id} class=${hidden ? "only-read" : ""}>${label}</label>
    ${children({ id, "aria-describedby": said, "aria-invalid": problem ? "true" : undefined })}
    ${problem && html`<span class="problem" id=${`${id}-p`}>${problem}</span>`}
    ${hint && html`<span class="hint" id=${`${id}-h`}>${hint}</span>`}
  </div>`;
}

/** `options`: [{value, label, off, hint}]; `off` is why one cannot be chosen, `hint` another name for it: shown with it. */
export function Select({ options, value, onChange, ...rest }) {
  return html`<select class="select" value=${value} onChange=${(event) => onChange(event.currentTarget.value)} ...${rest}>
    ${options.map(
      (one) => html`<option key=${one.value} value=${one.value} disabled=${Boolean(one.off)} selected=${one.value === value}>
        ${one.label}${saidOf(one) && html`<span class="dash"> – </span><span class="why">${saidOf(one)}</span>`}
      </option>`,
    )}
  </select>`;
}

const saidOf = ({ off, hint }) => (typeof off === "string" && off) || hint;

/** `label` stands beside it and says its state; `name` is what it switches, where the label alone does not say it. */
export function Switch({ label, name, on, off, onChange, ...rest }) {
  return html`<label class="switch">
    <input
      type="checkbox"
      role="switch"
      aria-label=${name && `${name}: ${label}`}
      checked=${on}
      disabled=${off}
      onChange=${(event) => onChange(event.currentTarget.checked)}
      ...${rest}
    />
    <span>${label}</span>
  </label>`;
}

/** Read out once whenever `text` changes; never shown. */
export function Announce({ text }) {
  return html`<p class="only-read" role="status" aria-live="polite">${text}</p>`;
}

/** Asks again every `seconds` while the page is looked at. */
export function useEvery(seconds, act) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && latest.current(), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
}

/** [state, load]: {loading, content, problem}; what was shown stays while it loads again. */
export function useLoaded(read, keys) {
  const [state, setState] = useState({ loading: true });
  const turn = useRef(0);
  const load = async () => {
    const mine = ++turn.current;
    setState((before) => ({ ...before, loading: true }));
    try {
      const content = await read();
      if (mine === turn.current) setState({ loading: false, content });
    } catch (problem) {
      if (mine === turn.current) setState((before) => ({ loading: false, content: before.content, problem }));
    }
  };
  useEffect(() => {
    setState({ loading: true });
    load();
  }, keys);
  return [state, load];
}

// Fields of a plan, a result or a history entry: what was, what will be, and what is known of who changed it.
import { html } from "../lib/preact.js";
import { fieldKey, has, moment, oneflowName, personName, reason, t } from "../lib/words.js";
import { Icon } from "../parts/icons.js";

export const fieldName = (field) => field.dynamics_label || field.dynamics_column || oneflowName(field);

/** Whatever it holds, a value is text. */
function Value({ as, text }) {
  return html`<${as} class="value">${text ? text : html`<span class="quiet">${t("empty")}</span>`}<//>`;
}

/** `names`: the record's contracts by id. */
export function Changes({ fields, names = {}, label }) {
  return html`<ul class="changes" aria-label=${label}>
    ${fields.map(
      (field) => html`<li key=${fieldKey(field)}>
        <span class="strong wrap">${fieldName(field)}</span>
        <span class="from-to">
          <span class="only-read">${t("w.old")}</span><${Value} as="del" text=${field.from} />
          <${Icon} name="right" />
          <span class="only-read">${t("w.new", { side: t(`side.${field.side}`) })}</span><${Value} as="ins" text=${field.to} />
        </span>
        ${known(field, names).map((line) => html`<span class="quiet small wrap">${line}</span>`)}
        ${field.reason && html`<span class="quiet small wrap">${reason(field.reason, field.reason_code)}</span>`}
      </li>`,
    )}
  </ul>`;
}

/** Fields that were left, each with its reason. */
export function LeftFields({ fields }) {
  return html`<ul class="left">
    ${fields.map((field) => html`<li key=${fieldKey(field)} class="wrap"><span class="strong">${fieldName(field)}</span>: ${reason(field.reason, field.reason_code)}</li>`)}
  </ul>`;
}

/** Lines of what is known; where nothing is, none. */
function known({ known: facts, side }, names) {
  if (!facts) return [];
  const lines = [];
  const from = facts.from_contract;
  if (from) lines.push(t("w.known.from_contract", { contract: names[from.contract_id] || from.contract_id, when: moment(from.at) }));
  else if (facts.dynamics_changed && facts.record_modified_at) {
    const when = moment(facts.record_modified_at);
    lines.push(facts.record_modified_by ? t("w.known.record", { who: personName(facts.record_modified_by), when }) : t("w.known.record_nobody", { when }));
  }
  if (facts.oneflow_changed && facts.oneflow_changed_at) lines.push(t("w.known.oneflow", { when: moment(facts.oneflow_changed_at) }));
  const ours = facts.our_last_write;
  if (ours && side) lines.push(t(`w.known.ours_${ours.side}`, { what: cause(ours.cause), who: who(ours.who), when: moment(ours.at) }));
  if (facts.oneflow_changed === null && facts.dynamics_changed === null) lines.push(t("w.known.never"));
  return lines;
}

export const cause = (name) => (has(`w.cause.${name}`) ? t(`w.cause.${name}`) : name);

export const who = (name) => (name === "application" ? t("w.by_itself") : personName(name));

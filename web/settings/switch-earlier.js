// Which of the plans that were made is looked at.
import { html } from "../lib/preact.js";
import { moment, personName, t } from "../lib/words.js";
import { Field, Select } from "../parts/basics.js";

/** Nothing where there is none yet. */
export function Earlier({ plans, id, onChoose }) {
  if (!plans.length) return null;
  const options = plans.map((one) => ({ value: one.plan_id, label: t("switch.plan_of", { when: moment(one.made_at), who: personName(one.made_by) }) }));
  if (id && !plans.some((one) => one.plan_id === id)) options.unshift({ value: id, label: id });
  return html`<div class="earlier">
    <${Field} label=${t("switch.plan")}>
      ${(tied) => html`<${Select} ...${tied} options=${[{ value: "", label: t("switch.new") }, ...options]} value=${id || ""} onChange=${onChoose} />`}
    <//>
  </div>`;
}

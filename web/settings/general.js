// What holds for the whole table: whether changes travel by themselves, and who wins a conflict.
import { html } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Message, Switch } from "../parts/basics.js";
import { NOTIFY, POLICIES } from "./draft.js";

export function General({ draft, edit, base }) {
  return html`<div class="stack wide narrow">
    <section class="stack" aria-labelledby="auto-push">
      <h3 id="auto-push">${t("general.auto_push")}</h3>
      <${Switch}
        label=${draft.auto_push ? t("on") : t("off")}
        name=${t("general.auto_push")}
        on=${draft.auto_push}
        onChange=${(auto_push) => edit({ auto_push })}
      />
      <p class="quiet">${draft.auto_push ? t("general.auto_push.on") : t("general.auto_push.off")}</p>
      ${draft.auto_push && !base.auto_push && html`<${Message} kind="warn">${t("general.auto_push.starts")}<//>`}
    </section>
    <fieldset class="plain stack">
      <legend><h3>${t("general.policy")}</h3></legend>
      <p class="quiet">${t("general.policy.about")}</p>
      ${POLICIES.map(
        (policy) => html`<label class="check" key=${policy}>
          <input
            type="radio"
            name="policy"
            checked=${draft.conflict_policy === policy}
            onChange=${() => edit({ conflict_policy: policy })}
          />
          <span>
            <span>${t(`policy.${policy}`)}</span>
            <span class="hint block">${t(`policy.${policy}.about`)}</span>
          </span>
        </label>`,
      )}
    </fieldset>
    <fieldset class="plain stack">
      <legend><h3>${t("notify")}</h3></legend>
      <p class="quiet">${t("notify.about")}</p>
      ${NOTIFY.map(
        (level) => html`<label class="check" key=${level}>
          <input type="radio" name="notify" checked=${draft.notify === level} onChange=${() => edit({ notify: level })} />
          <span>
            <span>${t(`notify.${level}`)}</span>
            <span class="hint block">${t(`notify.${level}.about`)}</span>
          </span>
        </label>`,
      )}
      ${draft.notify !== "off" &&
      ["timeline_notes", "notify_values"].map(
        (name) => html`<label class="check" key=${name}>
          <input type="checkbox" checked=${draft[name]} onChange=${() => edit({ [name]: !draft[name] })} />
          <span>
            <span>${t(`notify.${name}`)}</span>
            <span class="hint block">${t(`notify.${name}.about`)}</span>
          </span>
        </label>`,
      )}
    </fieldset>
  </div>`;
}

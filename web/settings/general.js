// What holds for the whole table: whether changes travel by themselves, and who wins a conflict.
import { html } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Message, Switch } from "../parts/basics.js";
import { POLICIES } from "./draft.js";

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
  </div>`;
}

// Switch over: contracts that exist already are linked, what differs is agreed, and template types are taken over.
import { html } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { ProblemMessage, Stencils, useLoaded } from "../parts/basics.js";
import { Panel, Tabs } from "../parts/tabs.js";
import { LinkRules } from "./link-rules.js";
import { SettleRules } from "./settle-rules.js";
import { SwitchPlan } from "./switch-plan.js";
import { Takeover } from "./takeover.js";
import { Earlier } from "./switch-earlier.js";

const STEPS = ["link", "takeover", "settle"];
const NEW = "new";

/** `place`: ["switch", step, plan's id]. */
export function SwitchOver({ api, place, go }) {
  const step = STEPS.includes(place[1]) ? place[1] : "link";
  return html`<section class="card pad stack wide" aria-labelledby="switch-title">
    <div class="stack">
      <h2 id="switch-title">${t("switch.title")}</h2>
      <p class="quiet">${t("switch.about")}</p>
    </div>
    <${Tabs}
      id="switch"
      label=${t("switch.title")}
      tabs=${STEPS.map((name) => ({ name, label: t(`switch.step.${name}`) }))}
      on=${step}
      onChoose=${(name) => go("switch", name)}
    />
    <${Panel} id="switch" on=${step}>
      ${step === "takeover" ? html`<${Takeover} ...${{ api, go }} />` : html`<${Plans} key=${step} ...${{ api, go }} kind=${step} chosen=${place[2]} />`}
    <//>
  </section>`;
}

/** The plan that is looked at, else the newest of its kind, else the rules for a new one. */
function Plans({ api, go, kind, chosen }) {
  const [plans, reload] = useLoaded(() => api.all("switch-over/plans", "plans"), []);
  const [entities, again] = useLoaded(() => api.get("entities"), []);
  const problem = plans.problem || entities.problem;
  if (problem && !(plans.content && entities.content)) {
    return html`<${ProblemMessage} problem=${problem} title=${t("switch.not_loaded")} onRetry=${() => (reload(), again())} />`;
  }
  if (!plans.content || !entities.content) return html`<${Stencils} count=${3}><div class="stencil tall" /><//>`;
  const own = plans.content.filter((one) => one.kind === kind);
  const id = chosen === NEW ? null : chosen || own[0]?.plan_id;
  const labels = new Map([...entities.content.available, ...entities.content.entities].map((one) => [one.entity, one.label]));
  const made = (plan) => {
    reload();
    go("switch", kind, plan.plan_id);
  };
  const Rules = kind === "link" ? LinkRules : SettleRules;
  return html`<div class="stack wide">
    <${Earlier} ...${{ plans: own, id, onChoose: (one) => go("switch", kind, one || NEW) }} />
    ${id
      ? html`<${SwitchPlan} key=${id} ...${{ api, id, labels }} onNew=${() => go("switch", kind, NEW)} onChanged=${reload} />`
      : html`<${Rules} ...${{ api, labels }} entities=${entities.content.entities} last=${own[0]?.rules} onMade=${made} />`}
  </div>`;
}

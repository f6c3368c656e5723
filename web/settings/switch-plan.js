// One plan: how far it is, what it found, and what is done with it. It goes on in the app when the page is closed.
import { html, useEffect, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { ago, moment, reason, t } from "../lib/words.js";
import { Announce, Badge, Button, Message, ProblemMessage, Stencils, useEvery, useLoaded } from "../parts/basics.js";
import { Confirm } from "../parts/dialog.js";
import { download } from "./download.js";
import { useChoices } from "./switch-choices.js";
import { SwitchLines } from "./switch-lines.js";

const STANDS = { running: "brand", stopped: "warn", failed: "bad", done: "good" };
const STILL = 180; // seconds after which a run that says nothing may be given a push
const LEFT_SHOWN = 20;

export function SwitchPlan({ api, id, labels, onNew, onChanged }) {
  const route = `switch-over/plans/${part(id)}`;
  const [state, reload] = useLoaded(() => api.get(route), [id]);
  const [busy, setBusy] = useState(null);
  const [problem, setProblem] = useState(null);
  const [asking, setAsking] = useState(null);
  const choices = useChoices(id);
  const plan = state.content;
  const running = plan?.stand === "running";
  useEvery(2, () => running && reload());
  useEffect(() => {
    if (plan) onChanged();
  }, [plan?.stand]);
  if (!plan) {
    if (state.problem) return html`<${ProblemMessage} problem=${state.problem} title=${t("switch.not_loaded")} onRetry=${reload} />`;
    return html`<${Stencils} count=${3}><div class="stencil tall" /><//>`;
  }
  const act = async (action, decisions = {}) => {
    setAsking(null);
    setProblem(null);
    setBusy(action);
    try {
      await api.post(`${route}/actions`, { action, turn: plan.turn, ...decisions });
      if (action === "apply") choices.clear();
      await reload();
    } catch (found) {
      if (found.status === 409) {
        choices.clear(); // they were made about a plan that somebody else decided about meanwhile
        await reload();
      }
      setProblem(found);
    }
    setBusy(null);
  };
  const whole = plan.doing !== "find" || plan.stand === "done";
  const chosen = plan.chosen + choices.difference;
  const applied = plan.doing === "apply" && plan.stand === "done" && !choices.any && !plan.results.left;
  const words = (name, holes = {}) => t(`switch.${plan.kind}.${name}`, holes);
  const confirmed = { apply: () => act("apply", choices.decisions()), undo: () => act("undo") }[asking];
  return html`<div class="stack wide">
    <div class="row apart">
      <span class="row">
        <h3>${t(`switch.doing.${plan.doing}`)}</h3>
        <${Badge} kind=${STANDS[plan.stand]}>${t(`switch.stand.${plan.stand}`)}<//>
      </span>
      <span class="row">
        ${running && html`<${Button} busy=${busy === "stop"} onPress=${() => act("stop")}>${t("switch.stop")}<//>`}
        ${["stopped", "failed"].includes(plan.stand) && html`<${Button} kind="primary" busy=${busy === "go_on"} onPress=${() => act("go_on")}>${t("switch.go_on")}<//>`}
        ${whole && !running && html`<${Files} ...${{ api, route }} onProblem=${setProblem} />`}
        <${Button} kind="subtle" icon="add" onPress=${onNew}>${t("switch.new")}<//>
      </span>
    </div>
    <${Progress} plan=${plan} />
    ${problem && html`<${ProblemMessage} problem=${problem} title=${t("switch.not_done")} onClose=${() => setProblem(null)} />`}
    ${problem?.body?.errors?.length > 0 && html`<ul class="plain-list">${problem.body.errors.slice(0, LEFT_SHOWN).map((one) => html`<li>${one.line ? `${t("switch.line", { n: one.line })}: ` : ""}${reason(one.detail)}</li>`)}</ul>`}
    ${plan.why && html`<${Message} kind=${plan.stand === "failed" ? "bad" : "warn"} title=${t(plan.stand === "failed" ? "switch.failed" : "switch.waits")}>${reason(plan.why, plan.why_code)}<//>`}
    ${running &&
    !plan.why &&
    isStill(plan) &&
    html`<${Message} kind="warn" actions=${html`<${Button} kind="small" busy=${busy === "go_on"} onPress=${() => act("go_on")}>${t("switch.go_on")}<//>`}>
      ${t("switch.still", { when: ago(plan.moved_at) })}
    <//>`}
    <${Results} plan=${plan} words=${words} />
    ${plan.lines > 0 &&
    html`
      ${plan.kind === "link" && html`<${Summary} plan=${plan} />`}
      <${SwitchLines} key=${`${plan.turn}-${plan.stand}`} ...${{ api, plan, route, labels, choices }} />
    `}
    ${whole && !plan.lines && html`<div class="empty"><h3>${words("nothing")}</h3><p class="quiet">${words("nothing.about")}</p></div>`}
    ${whole &&
    plan.lines > 0 &&
    html`<div class="row save-foot">
      ${!applied && html`<${Button} kind="primary" off=${running || chosen <= 0} busy=${busy === "apply"} onPress=${() => setAsking("apply")}>${words("apply", { n: chosen })}<//>`}
      ${plan.doing !== "find" && html`<${Button} icon="undo" off=${running} busy=${busy === "undo"} onPress=${() => setAsking("undo")}>${words("undo")}<//>`}
      <span class="quiet">${words(applied ? "ask.undo.about" : "apply.about")}</span>
    </div>`}
    ${asking &&
    html`<${Confirm} title=${words(`ask.${asking}`, { n: chosen })} yes=${asking === "apply" ? words("apply", { n: chosen }) : words("undo")} onClose=${() => setAsking(null)} onYes=${confirmed}>
      <p>${words(`ask.${asking}.about`)}</p>
    <//>`}
    <${Announce} text=${`${t(`switch.doing.${plan.doing}`)}: ${t(`switch.stand.${plan.stand}`)}`} />
  </div>`;
}

const isStill = (plan) => (Date.now() - new Date(plan.moved_at).getTime()) / 1000 > STILL;

function Progress({ plan }) {
  const { done, total } = plan;
  if (!total && plan.stand !== "running") return null;
  const running = plan.stand === "running";
  const text = t(`switch.progress.${plan.kind}`, { done, n: total });
  return html`<div class="stack">
    ${total ? html`<progress class="progress" value=${done} max=${total} aria-label=${t("switch.progress")} />` : html`<progress class="progress" aria-label=${t("switch.progress")} />`}
    <p class="quiet small">${[total > 0 && text, running && t("switch.progress.goes_on")].filter(Boolean).join(" ")} · <time datetime=${plan.moved_at} title=${moment(plan.moved_at)}>${ago(plan.moved_at)}</time></p>
  </div>`;
}

/** What became of the lines of an apply or an undo. */
function Results({ plan, words }) {
  const { done, before, left } = plan.results;
  if (plan.doing === "find" || !(done + before + left)) return null;
  const parts = [words(`did.${plan.doing}`, { n: done })];
  if (plan.kind === "settle" && plan.fields_written) parts.push(t("switch.fields", { n: plan.fields_written }));
  if (before) parts.push(t("switch.before", { n: before }));
  if (left) parts.push(t("switch.left", { n: left }));
  return html`<${Message} kind=${left ? "warn" : "good"} title=${parts[0]}>
    ${parts.slice(1).join(" ")}
    ${plan.left_lines.length > 0 &&
    html`<ul>${plan.left_lines.slice(0, LEFT_SHOWN).map((one) => html`<li key=${one.line}>${t("switch.left_line", { n: one.line, id: String(one.contract_id) })} ${whyLeft(one)}</li>`)}</ul>
      ${left > LEFT_SHOWN && html`<p class="small">${t("switch.left_more", { n: left - Math.min(LEFT_SHOWN, plan.left_lines.length) })}</p>`}`}
  <//>`;
}

/** Why a line was left: of each of its fields where it is about fields. */
function whyLeft({ why, why_code: code, fields }) {
  if (!fields.length) return reason(why, code);
  return fields.map((one) => `${one.oneflow_field}: ${reason(one.why, one.why_code)}`).join(" ");
}

function Summary({ plan }) {
  const { agrees, differs, left } = plan.agreement;
  return html`<p>
    ${t("switch.agreement", { agrees, differs, left })}${" "}
    ${plan.first_look_writes ? t("switch.first_look", { n: plan.first_look_writes }) : t("switch.first_look.none")}
  </p>`;
}

function Files({ api, route, onProblem }) {
  const [busy, setBusy] = useState(null);
  const save = async (format) => {
    setBusy(format);
    try {
      const texts = [];
      let next = null;
      let name = "";
      do {
        const found = await api.get(`${route}/file?format=${format}${next ? `&next=${part(next)}` : ""}`);
        texts.push(found.text);
        ({ next, name } = found);
      } while (next);
      download(name, texts.join(""), format === "csv" ? "text/csv" : "application/json");
    } catch (found) {
      onProblem(found);
    }
    setBusy(null);
  };
  return ["csv", "json"].map(
    (format) => html`<${Button} key=${format} kind="subtle" icon="fetch" busy=${busy === format} onPress=${() => save(format)} aria-label=${t("switch.download", { format: format.toUpperCase() })}>${format.toUpperCase()}<//>`,
  );
}

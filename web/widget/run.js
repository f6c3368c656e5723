// Push and fetch: first what will happen, per contract and field, then exactly that.
import { html, useEffect, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Badge, Button, Message, ProblemMessage, Stencils } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { Changes, LeftFields } from "./changes.js";
import { left, wantsConfirmation, written } from "./desk.js";

const AT_ONCE = 4; // requests side by side

/** Runs `act` over all, a few at a time; `done(n)` after each. */
export async function overAll(all, act, done = () => {}) {
  let next = 0;
  let ended = 0;
  const worker = async () => {
    while (next < all.length) {
      await act(all[next++]);
      done(++ended);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, worker));
}

/** `cards`: whom it touches; `skipped`: how many closed contracts it leaves. `onDone(results)`, results by contract id. */
export function RunDialog({ action, cards, skipped = 0, names, desk, habit, onDone, onClose }) {
  const [looks, setLooks] = useState({}); // contract id -> {plan, confirm, stale, problem, result}
  const [at, setAt] = useState(null); // {done, all} while it runs
  const [skip, setSkip] = useState(false);
  const put = (id, look) => setLooks((before) => ({ ...before, [id]: { ...before[id], ...look } }));
  const look = async (id, confirm = false, more = {}) => {
    put(id, { loading: true, confirm });
    try {
      put(id, { plan: await desk.preview(id, action, confirm), loading: false, problem: null, ...more });
    } catch (problem) {
      put(id, { problem, loading: false });
    }
  };
  useEffect(() => void overAll(cards, (card) => look(card.contract_id)), []);
  const loading = cards.some((card) => !looks[card.contract_id] || looks[card.contract_id].loading);
  const due = cards.filter((card) => isDue(looks[card.contract_id], card));
  const run = async () => {
    const results = {};
    let stale = false;
    setAt({ done: 0, all: due.length });
    await overAll(
      due,
      async ({ contract_id: id }) => {
        const { plan, confirm } = looks[id];
        try {
          const result = await desk.run(id, action, plan.plan_id, confirm);
          results[id] = { result };
          put(id, { result, stale: false });
        } catch (problem) {
          if (problem.status === 409 && problem.body.plan_id) {
            stale = true;
            await look(id, confirm, { stale: true });
          } else {
            results[id] = { problem };
            put(id, { problem });
          }
        }
      },
      (done) => setAt({ done, all: due.length }),
    );
    setAt(null);
    if (skip) habit(true);
    onDone(results, stale);
    if (!stale) onClose();
  };
  const foot = [
    html`<label class="check small"><input type="checkbox" checked=${skip} onChange=${(event) => setSkip(event.currentTarget.checked)} /><span>${t("w.not_again")}</span></label>`,
    html`<${Button} onPress=${onClose} off=${at}>${t("cancel")}<//>`,
    html`<${Button} kind="primary" icon=${action} type="submit" busy=${at} off=${loading || !due.length} onPress=${(event) => (event.preventDefault(), run())}>
      ${t(at ? `w.${action}ing` : `w.${action}_yes`)}
    <//>`,
  ];
  return html`<${Dialog} title=${t(`w.${action}_title`)} broad=${true} busy=${at} foot=${foot} onClose=${onClose}>
    ${at && html`<${Progress} ...${at} action=${action} />`}
    ${cards.map((card) => html`<${Section} key=${card.contract_id} card=${card} look=${looks[card.contract_id]} action=${action} names=${names} alone=${cards.length === 1} onConfirm=${(on) => look(card.contract_id, on)} onRetry=${() => look(card.contract_id)} />`)}
    ${skipped > 0 && html`<p class="quiet small">${t("w.skipped", { n: skipped })}</p>`}
  <//>`;
}

/** A plan that writes; or a person's word that ends a pause or mends a link. */
function isDue(look, card) {
  if (!look?.plan || look.problem || look.result) return false;
  return written(look.plan).length > 0 || (card.link !== "active" && look.plan.outcome !== "blocked");
}

export function Progress({ done, all, action }) {
  const text = t(`w.${action}_progress`, { done: Math.min(done + 1, all), all });
  return html`<div class="stack" role="status">
    <span class="small quiet">${text}</span>
    <progress class="progress" value=${done} max=${all} aria-label=${text} />
  </div>`;
}

function Section({ card, look, action, names, alone, onConfirm, onRetry }) {
  const title = html`<div class="row"><h3 class="wrap">${card.name}</h3><${Badge}>${t(`state.${card.state}`)}<//></div>`;
  return html`<section class="plan" aria-label=${card.name} aria-busy=${!look || look.loading ? "true" : undefined}>
    ${!alone && title}${alone && html`<p class="quiet wrap">${card.name}</p>`}${content()}
  </section>`;
  function content() {
    if (look?.result) return html`<${Message} kind="good">${t("w.done")}<//>`;
    if (look?.problem) return html`<${ProblemMessage} problem=${look.problem} onRetry=${onRetry} />`;
    if (!look?.plan) return html`<${Stencils} count=${2}><div class="stencil tall" /><//>`;
    const { plan, stale, confirm } = look;
    const writes = written(plan);
    const others = left(plan);
    const signatures = wantsConfirmation(plan);
    return html`
      ${stale && html`<${Message} kind="warn" title=${t("w.stale_title")}>${t("w.stale")}<//>`}
      ${(signatures || confirm) &&
      html`<${Message} kind="warn" title=${t("w.reset_title")}>
        <p>${t("w.reset")}</p>
        <label class="check"><input type="checkbox" checked=${confirm} onChange=${(event) => onConfirm(event.currentTarget.checked)} /><span>${t("w.reset_yes")}</span></label>
      <//>`}
      ${writes.length > 0 && html`<${Changes} fields=${writes} names=${names} label=${t("w.changes")} />`}
      ${others.length > 0 && !signatures && html`<div><p class="strong small">${t("w.left")}</p><${LeftFields} fields=${others} /></div>`}
      ${!writes.length && !signatures && html`<p class="quiet">${t(`w.${action}_nothing`)}</p>`}`;
  }
}

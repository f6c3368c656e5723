// Whatever writes: first what will happen, per contract and field, then exactly that.
import { html, useEffect, useState } from "../lib/preact.js";
import { has, t } from "../lib/words.js";
import { Badge, Button, Message, ProblemMessage, Stencils } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { overAll } from "../parts/side-by-side.js";
import { Changes, LeftFields } from "./changes.js";
import { keeping, left, wantsConfirmation, written } from "./desk.js";

/** Push or fetch. `cards`: whom it touches; `skipped`: how many closed contracts it leaves. `onDone(results)`, results
 * by contract id. */
export function RunDialog({ action, cards, skipped, names, desk, habit, onDone, onClose }) {
  const act = {
    action,
    title: t(`w.${action}_title`),
    yes: t(`w.${action}_yes`),
    icon: action,
    preview: (id, confirm) => desk.preview(id, action, confirm),
    run: (id, plan, confirm) => desk.run(id, action, plan, confirm),
  };
  return html`<${ActDialog} ...${{ act, cards, skipped, names, habit, onDone, onClose }} />`;
}

/** One history entry is taken back. */
export function UndoDialog({ entry, card, names, desk, onDone, onClose }) {
  const act = {
    action: "undo",
    title: t("w.undo_title", { n: entry.number }),
    yes: t("w.undo"),
    icon: "undo",
    preview: (id, confirm) => desk.preview(id, "undo", confirm, { entry_id: entry.entry_id }),
    run: (id, plan, confirm) => desk.undo(id, entry.entry_id, plan, confirm),
  };
  return html`<${ActDialog} ...${{ act, cards: [card], names, onDone, onClose }} />`;
}

/** One side of one disputed field is kept. `words`: what the button was called; `onOther(problem)`: the dispute moved or
 * is over. */
export function KeepDialog({ dispute, side, words, card, names, desk, onDone, onOther, onClose }) {
  const act = {
    action: "keep",
    title: words,
    yes: words,
    icon: "good",
    preview: (id, confirm) => desk.preview(id, "keep", confirm, keeping(dispute, side)),
    run: (id, plan, confirm) => desk.keep(id, dispute, side, plan, confirm),
    other: (problem) => (problem.status === 409 && problem.body.conflict) || problem.status === 404,
  };
  return html`<${ActDialog} ...${{ act, cards: [card], names, onDone, onOther, onClose }} />`;
}

/** `act`: {action, title, yes, icon, preview(id, confirm), run(id, plan, confirm), other(problem)}. */
function ActDialog({ act, cards, skipped = 0, names, habit, onDone, onOther, onClose }) {
  const { action } = act;
  const [looks, setLooks] = useState({}); // contract id -> {plan, confirm, stale, problem, result}
  const [off, setOff] = useState(new Set()); // contracts that a person took the tick from
  const [at, setAt] = useState(null); // {done, all} while it runs
  const [skip, setSkip] = useState(false);
  const put = (id, look) => setLooks((before) => ({ ...before, [id]: { ...before[id], ...look } }));
  const look = async (id, confirm = false, more = {}) => {
    put(id, { loading: true, confirm });
    try {
      put(id, { plan: await act.preview(id, confirm), loading: false, problem: null, ...more });
    } catch (problem) {
      if (act.other?.(problem)) return onOther(problem);
      put(id, { problem, loading: false });
    }
  };
  useEffect(() => void overAll(cards, (card) => look(card.contract_id)), []);
  const loading = cards.some((card) => !looks[card.contract_id] || looks[card.contract_id].loading);
  const able = cards.filter((card) => isDue(looks[card.contract_id], card));
  const due = able.filter((card) => !off.has(card.contract_id));
  const waits = cards.some(({ contract_id: id }) => looks[id]?.plan && wantsConfirmation(looks[id].plan));
  const nothing = !loading && !able.length && !waits;
  const run = async () => {
    const results = {};
    let stale = false;
    setAt({ done: 0, all: due.length });
    await overAll(
      due,
      async ({ contract_id: id }) => {
        const { plan, confirm } = looks[id];
        try {
          const result = await act.run(id, plan.plan_id, confirm);
          results[id] = { result };
          put(id, { result, stale: false });
        } catch (problem) {
          if (problem.status === 409 && problem.body.plan_id) {
            stale = true;
            await look(id, confirm, { stale: true });
          } else if (act.other?.(problem)) {
            stale = true;
            onOther(problem);
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
  const tick = (id, on) => setOff((before) => new Set(on ? [...before].filter((one) => one !== id) : [...before, id]));
  const foot = nothing
    ? html`<${Button} kind="primary" type="submit" onPress=${(event) => (event.preventDefault(), onClose())}>${t("close")}<//>`
    : [
        habit &&
          html`<label class="check small"><input type="checkbox" checked=${skip} onChange=${(event) => setSkip(event.currentTarget.checked)} /><span>${t("w.not_again")}</span></label>`,
        html`<${Button} onPress=${onClose} off=${at}>${t("cancel")}<//>`,
        html`<${Button} kind="primary" icon=${act.icon} type="submit" busy=${at} off=${loading || !due.length} onPress=${(event) => (event.preventDefault(), run())}>
          ${at ? t(`w.${action}ing`) : act.yes}
        <//>`,
      ];
  return html`<${Dialog} title=${act.title} broad=${true} busy=${at} foot=${foot} onClose=${onClose}>
    ${at && cards.length > 1 && html`<${Progress} ...${at} action=${action} />`}
    ${cards.map(
      (card) => html`<${Section}
        key=${card.contract_id}
        card=${card}
        look=${looks[card.contract_id]}
        action=${action}
        names=${names}
        alone=${cards.length === 1}
        able=${able.includes(card)}
        on=${!off.has(card.contract_id)}
        onTick=${(on) => tick(card.contract_id, on)}
        onConfirm=${(on) => look(card.contract_id, on)}
        onRetry=${() => look(card.contract_id)}
      />`,
    )}
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

function Section({ card, look, action, names, alone, able, on, onTick, onConfirm, onRetry }) {
  const name = card.name || t("w.nameless", { id: String(card.contract_id) });
  const heading = html`<h3 class="wrap">${name}</h3>`;
  const title = html`<div class="row">
    ${able
      ? html`<label class="check"><input type="checkbox" checked=${on} onChange=${(event) => onTick(event.currentTarget.checked)} />${heading}</label>`
      : heading}
    <${Badge}>${t(`state.${card.state}`)}<//>
  </div>`;
  return html`<section class="plan" aria-label=${name} aria-busy=${!look || look.loading ? "true" : undefined}>
    ${alone ? html`<p class="quiet wrap">${name}</p>` : title}${content()}
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
      <${Effects} plan=${plan} />
      ${!writes.length && !signatures && html`<p class="quiet">${t(`w.${action}_nothing`)}</p>`}`;
  }
}

/** What it leaves behind: a contract unlike its record, and what becomes of the record's other contracts. */
function Effects({ plan }) {
  const { left_different: different, siblings, state } = plan;
  if (!different.length && !siblings.length) return null;
  return html`<ul class="effects">
    ${different.length > 0 && html`<li class="wrap">${t(has(`w.differs.${state}`) ? `w.differs.${state}` : "w.differs")}</li>`}
    ${siblings.map(
      (one) => html`<li key=${one.contract_id} class="wrap">
        ${t(`w.sibling.${one.effect}`, {
          name: one.name || t("w.nameless", { id: String(one.contract_id) }),
          state: t(`state.${one.state}`).toLowerCase(),
          fields: one.fields.join(", "),
        })}
      </li>`,
    )}
  </ul>`;
}

// Fields that a person may decide: in conflict, not yet agreed, or refused. Both values, and what may be answered.
import { html, useEffect, useState } from "../lib/preact.js";
import { reason, t } from "../lib/words.js";
import { Button, Message, ProblemMessage } from "../parts/basics.js";
import { Confirm } from "../parts/dialog.js";
import { fieldName, LeftFields } from "./changes.js";
import { isOpen, left, wantsConfirmation } from "./desk.js";

const FEW = 3;

export function Disputes({ card, desk, onSettled }) {
  const [all, setAll] = useState(null);
  const [problem, setProblem] = useState(null);
  const [more, setMore] = useState(false);
  const load = () =>
    desk.disputes(card.contract_id).then(
      (found) => (setAll(found.filter(isForAPerson)), setProblem(null)),
      (error) => setProblem(error),
    );
  useEffect(() => void load(), [card.contract_id, card.conflicts, card.not_agreed, card.refused, card.revision]);
  if (problem) return html`<${ProblemMessage} problem=${problem} onRetry=${load} />`;
  if (!all) return html`<p class="note quiet small" role="status">${t("loading")}</p>`;
  const shown = more ? all : all.slice(0, FEW);
  const changed = (field, now) => setAll(all.map((one) => (one.oneflow_field === field ? now : one)));
  return html`<ul class="disputes">
    ${shown.map(
      (one) => html`<li key=${one.oneflow_field}>
        <${Dispute} dispute=${one} card=${card} desk=${desk} onSettled=${(result) => (load(), onSettled(result))} onMoved=${(now) => changed(one.oneflow_field, now)} onOver=${load} />
      </li>`,
    )}
    ${all.length > shown.length &&
    html`<li><${Button} kind="link small" onPress=${() => setMore(true)}>${t("w.more_fields", { n: all.length - shown.length })}<//></li>`}
  </ul>`;
}

function Dispute({ dispute, card, desk, onSettled, onMoved, onOver }) {
  const [busy, setBusy] = useState("");
  const [said, setSaid] = useState(null); // {moved} | {problem} | {left}
  const [asked, setAsked] = useState("");
  const name = fieldName(dispute);
  const keep = async (side, confirm = false) => {
    setBusy(side);
    setAsked("");
    try {
      const result = await desk.keep(card.contract_id, dispute, side, confirm);
      if (!confirm && wantsConfirmation(result)) setAsked(side);
      else if (left(result).length) setSaid({ left: left(result) });
      else onSettled(result);
    } catch (problem) {
      if (problem.status === 409 && problem.body.conflict) {
        onMoved(problem.body.conflict);
        setSaid({ moved: true });
      } else if (problem.status === 404) onOver();
      else setSaid({ problem });
    }
    setBusy("");
  };
  const answer = (which, words) => html`<${Button} kind="small" busy=${busy === which} off=${busy && busy !== which} aria-label=${t(`${words}_of`, { field: name })} onPress=${() => keep(which)}>
    ${t(words)}
  <//>`;
  const side = (which) => html`<div class="side" role="group" aria-label=${t(`side.${which}`)}>
    <p class="quiet small" aria-hidden="true">${t(`side.${which}`)}</p>
    <p class="value">${dispute[which] || html`<span class="quiet">${t("empty")}</span>`}</p>
    ${dispute.keep.includes(which) && answer(which, which === "oneflow" && !isOpen(card) ? "w.keep_final" : `w.keep_${which}`)}
  </div>`;
  return html`<${Message} kind="warn" title=${t(`w.dispute.${dispute.kind}`, { field: name })}>
    <div class="both">${side("dynamics")}${side("oneflow")}</div>
    ${before(dispute)}
    ${dispute.kind !== "conflict" && dispute.reason && html`<p class="quiet small wrap">${reason(dispute.reason, dispute.reason_code)}</p>`}
    ${dispute.keep.includes("leave") && html`<p>${answer("leave", "w.keep_leave")}</p>`}
    ${said?.moved && html`<p class="strong">${t("w.moved")}</p>`}
    ${said?.left && html`<${LeftFields} fields=${said.left} />`}
    ${said?.problem && html`<${ProblemMessage} problem=${said.problem} onClose=${() => setSaid(null)} />`}
    ${asked && html`<${ConfirmReset} onYes=${() => keep(asked, true)} onClose=${() => setAsked("")} />`}
  <//>`;
}

/** What waits for a push has its own line on the card, until there is no push that could bring it. */
const isForAPerson = (dispute) => dispute.kind !== "waiting_for_push" || dispute.keep.length > 0;

function before({ base_dynamics: dynamics, base_oneflow: oneflow }) {
  const text = dynamics ?? oneflow;
  return text ? html`<p class="quiet small wrap">${t("w.before", { value: text })}</p>` : null;
}

/** Somebody has signed: writing the contract takes their signatures back. */
export function ConfirmReset({ onYes, onClose }) {
  return html`<${Confirm} title=${t("w.reset_title")} yes=${t("w.reset_yes")} danger=${true} onYes=${onYes} onClose=${onClose}>
    <p>${t("w.reset")}</p>
  <//>`;
}

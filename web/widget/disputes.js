// Fields that a person may decide: in conflict, not yet agreed, or refused. Both values, and what may be answered.
import { html, useEffect, useState } from "../lib/preact.js";
import { reason, t } from "../lib/words.js";
import { Button, Message, ProblemMessage } from "../parts/basics.js";
import { fieldName, LeftFields } from "./changes.js";
import { isOpen, left } from "./desk.js";
import { KeepDialog } from "./run.js";

const FEW = 3;

export function Disputes({ card, names, desk, onSettled }) {
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
        <${Dispute} dispute=${one} card=${card} names=${names} desk=${desk} onSettled=${(result) => (load(), onSettled(result))} onMoved=${(now) => changed(one.oneflow_field, now)} onOver=${load} />
      </li>`,
    )}
    ${all.length > shown.length &&
    html`<li><${Button} kind="link small" onPress=${() => setMore(true)}>${t("w.more_fields", { n: all.length - shown.length })}<//></li>`}
  </ul>`;
}

function Dispute({ dispute, card, names, desk, onSettled, onMoved, onOver }) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState(null); // {moved} | {problem} | {left}
  const [asked, setAsked] = useState(null); // {side, words}: the preview that is open
  const name = fieldName(dispute);
  const settled = (result) => (left(result).length ? setSaid({ left: left(result) }) : onSettled(result));
  const other = (problem) => {
    setAsked(null);
    if (problem.status === 404) return onOver();
    onMoved(problem.body.conflict);
    return setSaid({ moved: true });
  };
  const ended = (results) => {
    const { result } = results[card.contract_id] || {};
    if (result) settled(result);
  };
  const leave = async () => {
    setBusy(true);
    try {
      settled(await desk.keep(card.contract_id, dispute, "leave"));
    } catch (problem) {
      if (problem.status === 404 || problem.body.conflict) other(problem);
      else setSaid({ problem });
    }
    setBusy(false);
  };
  const answer = (words, onPress) => html`<${Button} kind="small" busy=${busy} aria-label=${t(`${words}_of`, { field: name })} onPress=${onPress}>
    ${t(words)}
  <//>`;
  const side = (which) => {
    const words = which === "oneflow" && !isOpen(card) ? "w.keep_final" : `w.keep_${which}`;
    return html`<div class="side" role="group" aria-label=${t(`side.${which}`)}>
      <p class="quiet small" aria-hidden="true">${t(`side.${which}`)}</p>
      <p class="value">${dispute[which] || html`<span class="quiet">${t("empty")}</span>`}</p>
      ${dispute.keep.includes(which) && answer(words, () => (setSaid(null), setAsked({ side: which, words })))}
    </div>`;
  };
  return html`
    <${Message} kind="warn" title=${t(`w.dispute.${dispute.kind}`, { field: name })}>
    <div class="both">${side("dynamics")}${side("oneflow")}</div>
    ${before(dispute)}
    ${saysWhy(dispute) && dispute.reason && html`<p class="quiet small wrap">${reason(dispute.reason, dispute.reason_code)}</p>`}
    ${dispute.keep.includes("leave") && html`<div class="actions">${answer("w.keep_leave", leave)}</div>`}
    ${said?.moved && html`<p class="strong">${t("w.moved")}</p>`}
    ${said?.left && html`<${LeftFields} fields=${said.left} />`}
    ${said?.problem && html`<${ProblemMessage} problem=${said.problem} onClose=${() => setSaid(null)} />`}
    <//>
    ${asked &&
    html`<${KeepDialog} ...${{ dispute, card, names, desk }} side=${asked.side} words=${t(asked.words)} onDone=${ended} onOther=${other} onClose=${() => setAsked(null)} />`}
  `;
}

/** What waits for a push has its own line on the card, until there is no push that could bring it. */
const isForAPerson = (dispute) => dispute.kind !== "waiting_for_push" || dispute.keep.length > 0;

/** The title of a conflict says it all; and of a push, where there is none, nothing is waited for. */
const saysWhy = ({ kind }) => !["conflict", "waiting_for_push"].includes(kind);

function before({ base_dynamics: dynamics, base_oneflow: oneflow }) {
  const text = dynamics ?? oneflow;
  return text ? html`<p class="quiet small wrap">${t("w.before", { value: text })}</p>` : null;
}

// Sync details of one contract: where it stands, and its history, of which entries can be taken back.
import { html, useEffect, useState } from "../lib/preact.js";
import { moment, t } from "../lib/words.js";
import { Badge, Button, Message, ProblemMessage, Stencils } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { cause, Changes, LeftFields, who } from "./changes.js";
import { left, written } from "./desk.js";
import { UndoDialog } from "./run.js";

export function Details({ card, names, desk, onUndone, onClose }) {
  const [pages, setPages] = useState({ entries: null, next: null, problem: null });
  const [said, setSaid] = useState(null);
  const load = async (next) => {
    try {
      const page = await desk.history(card.contract_id, next);
      setPages((before) => ({ entries: next ? [...before.entries, ...page.entries] : page.entries, next: page.next, begins: page.begins_after }));
    } catch (problem) {
      setPages((before) => ({ ...before, problem }));
    }
  };
  useEffect(() => void load(), []);
  const undone = (result) => {
    setSaid({ n: written(result).length, left: left(result) });
    load();
    onUndone(result);
  };
  const { entries, next, problem, begins } = pages;
  return html`<${Dialog} title=${t("w.details_title")} broad=${true} onClose=${onClose} foot=${html`<${Button} onPress=${onClose}>${t("close")}<//>`}>
    <dl class="facts">
      <div><dt>${t("w.contract")}</dt><dd class="wrap">${card.name}</dd></div>
      <div><dt>${t("w.state")}</dt><dd>${t(`state.${card.state}`)}</dd></div>
      <div><dt>${t("w.last_sync")}</dt><dd>${card.last_synced_at ? moment(card.last_synced_at) : t("w.never_synced")}</dd></div>
      <div><dt>${t("w.waits")}</dt><dd>${t("w.fields", { n: card.waiting_for_push })}</dd></div>
    </dl>
    <h3>${t("w.history")}</h3>
    ${said &&
    html`<${Message} kind=${said.left.length ? "warn" : "good"} title=${t("w.undone", { n: said.n })}>${said.left.length > 0 && html`<${LeftFields} fields=${said.left} />`}<//>`}
    ${problem && html`<${ProblemMessage} problem=${problem} onRetry=${() => load()} />`}
    ${!entries && !problem && html`<${Stencils} count=${3}><div class="stencil tall" /><//>`}
    ${entries &&
    html`<ol class="history">
      ${entries.map((entry) => html`<${Entry} key=${entry.entry_id} entry=${entry} all=${entries} card=${card} names=${names} desk=${desk} onUndone=${undone} />`)}
    </ol>`}
    ${entries && !entries.length && html`<p class="quiet">${t("w.no_history")}</p>`}
    ${next && html`<${Button} kind="small" onPress=${() => load(next)}>${t("show_more")}<//>`}
    ${begins && html`<p class="quiet small">${t("w.history_begins", { when: moment(begins.at) })}</p>`}
  <//>`;
}

const UNDOABLE = ["written", "unclear", "overwritten"];

function Entry({ entry, all, card, names, desk, onUndone }) {
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState(null);
  const writes = entry.fields.filter((field) => field.side && UNDOABLE.includes(field.kind));
  const others = entry.fields.filter((field) => !writes.includes(field) && field.reason && field.kind !== "settled");
  const undoes = entry.undoes && all.find((one) => one.entry_id === entry.undoes);
  const title = entry.action === "undo" && undoes ? t("w.undid", { n: undoes.number }) : cause(entry.cause);
  const ended = (results) => {
    const { result, problem: failure } = results[card.contract_id] || {};
    setProblem(failure);
    if (result) onUndone(result);
  };
  return html`<li>
    <div class="row apart">
      <div class="grow">
        <p class="strong wrap">${title} <${Badge}>${t("w.entry", { n: entry.number })}<//></p>
        <p class="quiet small">${moment(entry.at)} · ${who(entry.who)}</p>
      </div>
      ${entry.undoable &&
      html`<${Button} kind="small" icon="undo" aria-label=${t("w.undo_entry", { n: entry.number })} onPress=${() => setAsked(true)}>${t("w.undo")}<//>`}
    </div>
    ${problem && html`<${ProblemMessage} problem=${problem} onClose=${() => setProblem(null)} />`}
    ${writes.length > 0 && html`<${Changes} fields=${writes} label=${t("w.changes")} />`}
    ${others.length > 0 && html`<${LeftFields} fields=${others} />`}
    ${!writes.length && !others.length && html`<p class="quiet small">${t("w.settled_only")}</p>`}
    ${asked && html`<${UndoDialog} ...${{ entry, card, names, desk }} onDone=${ended} onClose=${() => setAsked(false)} />`}
  </li>`;
}

// One contract of the record.
import { html } from "../lib/preact.js";
import { ago, moment, reason, t } from "../lib/words.js";
import { Badge, Message, ProblemMessage } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { Menu } from "../parts/menu.js";
import { LeftFields } from "./changes.js";
import { isOpen, left, needsDecision, written } from "./desk.js";
import { Disputes } from "./disputes.js";

const BADGES = { draft: "", pending: "brand", signed: "good", declined: "", overdue: "", unknown: "" };
const NOTES = { draft: "info", signed: "good", declined: "info", overdue: "info", unknown: "info" };

/** `last`: what the last push or fetch did to it; `acts`: what the menu offers. */
export function Card({ card, names, notInForce, desk, busy, last, acts, onSettled, onForget }) {
  const broken = card.link === "broken";
  const menu = [
    { label: t("w.open"), icon: "open", href: card.oneflow_url },
    isOpen(card) && { label: t("w.push"), icon: "push", onPress: () => acts.push(card) },
    { label: t("w.fetch"), icon: "fetch", onPress: () => acts.fetch(card) },
    { label: t("w.details"), icon: "history", onPress: () => acts.details(card) },
    null,
    { label: t("w.unlink"), icon: "unlink", onPress: () => acts.unlink(card) },
  ].filter((one) => one !== false);
  return html`<li class="contract" data-contract=${card.contract_id} aria-labelledby=${`c${card.contract_id}`} aria-busy=${busy ? "true" : undefined}>
    <div class="head">
      <div class="grow">
        <h2 id=${`c${card.contract_id}`} class="name wrap" tabindex="-1">${card.name || t("w.nameless", { id: String(card.contract_id) })}</h2>
        <p class="quiet small">${subtitle(card)}</p>
      </div>
      <${Badge} kind=${broken ? "bad" : BADGES[card.state]}>${broken ? t("w.broken") : t(`state.${card.state}`)}<//>
      <${Menu} label=${t("w.menu", { name: card.name || card.contract_id })} items=${menu} busy=${busy} />
    </div>
    ${card.waiting_for_push > 0 && isOpen(card) &&
    html`<p class="note"><${Icon} name="push" /><span>${t("w.waiting", { n: card.waiting_for_push })}</span></p>`}
    ${broken
      ? html`<${Message} kind="bad" title=${t("w.broken_title")}>${reason(card.reason)}<//>`
      : NOTES[card.state] && html`<p class="note"><${Icon} name=${NOTES[card.state]} /><span>${t(`w.note.${card.state}`)}</span></p>`}
    ${notInForce && !broken && html`<p class="note" title=${notInForce}><${Icon} name="warn" /><span>${t("w.not_in_force")}</span></p>`}
    ${card.link === "paused" && html`<${Message} kind="warn" title=${t("w.paused_title")}>${t("w.paused")}<//>`}
    ${last && html`<${Last} last=${last} onForget=${onForget} />`}
    ${needsDecision(card) && html`<${Disputes} card=${card} names=${names} desk=${desk} onSettled=${onSettled} />`}
  </li>`;
}

function subtitle(card) {
  const when = card.last_synced_at;
  if (!when) return t("w.never_synced");
  return html`<time datetime=${when} title=${moment(when)}>${t("w.synced", { when: ago(when) })}</time>`;
}

/** Only what is not simply done: the rest is said at the top. */
function Last({ last, onForget }) {
  if (last.problem) return html`<${ProblemMessage} problem=${last.problem} title=${t("w.failed")} onClose=${onForget} />`;
  const { result } = last;
  const fields = left(result);
  if (result.outcome === "blocked" && !fields.length) return html`<${Message} kind="warn" onClose=${onForget}>${reason(result.reason)}<//>`;
  if (!fields.length) return null;
  const n = written(result).length;
  return html`<${Message} kind="warn" title=${t("w.partial", { done: n, n: n + fields.length })} onClose=${onForget}>
    <${LeftFields} fields=${fields} />
  <//>`;
}

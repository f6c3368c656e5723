// After a save: what applies from when, in numbers where the app told them.
import { html } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Message } from "../parts/basics.js";

export function Saved({ answer, unsettled, onClose }) {
  const starts = answer.auto_push_starts;
  const waits = answer.in_force === false;
  const filled = answer.fields.filter((row) => row.oneflow_kind !== "contract").length; // those never go into a contract
  return html`<${Message} kind=${waits ? "warn" : "good"} title=${waits ? t("saved.title_waits") : t("saved.title")} onClose=${onClose}>
    ${filled > 0 && html`${t("saved.new_contracts", { n: filled })}${" "}`}${t("saved.soon")}
    ${(unsettled > 0 || starts) &&
    html`<ul>
      ${unsettled > 0 && html`<li>${t("saved.unsettled", { n: unsettled })}</li>`}
      ${starts && html`<li>${t("saved.auto_push", { n: starts.links, waiting: starts.waiting_for_push })}</li>`}
    </ul>`}
  <//>`;
}

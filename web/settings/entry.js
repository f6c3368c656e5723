// One page of a history: when, what, who, and per field from what to what, and why.
import { html } from "../lib/preact.js";
import { ago, has, moment, oneflowName, personName, reason, t } from "../lib/words.js";
import { Badge } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";

const KINDS = { synced: "good", partial: "warn", conflict: "warn", blocked: "warn", failed: "bad" };
const RESULTS = { written: "good", skipped: "warn", conflict: "warn", failed: "bad" };

export function Entry({ entry, onContract }) {
  const cause = entry.cause !== entry.action && named("cause", entry.cause);
  const who = entry.who === "application" ? t("log.application") : personName(entry.who);
  const still = entry.fields.filter((line) => line.result === "unchanged");
  const moved = entry.fields.filter((line) => line.result !== "unchanged");
  return html`<article class="entry stack" aria-label=${`${named("action", entry.action)}, ${moment(entry.at)}`}>
    <div class="row apart">
      <div class="row">
        <span class="strong">${named("action", entry.action)}</span>
        <button type="button" class="button link small" title=${t("log.only_contract")} onClick=${onContract}>
          ${t("log.contract_named", { id: String(entry.contract_id) })}
        </button>
        <span class="quiet small">${[cause, who].filter(Boolean).join(" · ")}</span>
      </div>
      <div class="row">
        <time class="quiet small" datetime=${entry.at} title=${ago(entry.at)}>${moment(entry.at)}</time>
        <${Badge} kind=${KINDS[entry.outcome] || ""}>${named("outcome", entry.outcome)}<//>
      </div>
    </div>
    ${entry.withheld && html`<p class="quiet small">${t("log.withheld")}</p>`}
    ${moved.length > 0 && html`<${Lines} lines=${moved} />`}
    ${still.length > 0 &&
    html`<details class="folded">
      <summary class="quiet small">${t("log.unchanged", { n: still.length })}</summary>
      <${Lines} lines=${still} />
    </details>`}
  </article>`;
}

const Lines = ({ lines }) => html`<ul class="lines">${lines.map((line) => html`<${Line} line=${line} />`)}</ul>`;

function Line({ line }) {
  const name = line.dynamics_label || line.dynamics_column;
  return html`<li class="line">
    <div class="line-name">
      <span class="strong wrap">${name}</span>
      <span class="quiet small wrap">${oneflowName(line)}</span>
    </div>
    <div class="line-values">
      <span class="only-read">${t("log.from")}</span><span class="value old wrap">${line.from ?? ""}</span>
      <${Icon} name="right" />
      <span class="only-read">${t("log.to")}</span><span class="value wrap">${line.to ?? ""}</span>
      ${line.reason && html`<span class="quiet small block">${reason(line.reason, line.reason_code)}</span>`}
    </div>
    <div class="line-result">
      <${Badge} kind=${RESULTS[line.result] || ""}>${named("result", line.result)}<//>
      ${line.side && html`<span class="quiet small">${t("log.in", { side: t(`side.${line.side}`) })}</span>`}
    </div>
  </li>`;
}

/** A word of the app in the user's language, or as it is. */
function named(kind, word) {
  return has(`${kind}.${word}`) ? t(`${kind}.${word}`) : word;
}

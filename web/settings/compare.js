// Somebody else saved meanwhile: what they changed, what you changed, and the ways to go on.
import { html } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Badge, Button, Message } from "../parts/basics.js";
import { difference } from "./draft.js";
import { summary } from "./options.js";
import { targetOf } from "./targets.js";

export function Compare({ base, theirs, mine, columns, busy, onReload, onCombine, onOverwrite }) {
  const lines = difference(base, theirs, mine);
  const settings = ["auto_push", "conflict_policy", "notify", "timeline_notes", "notify_values"].filter((name) => theirs[name] !== mine[name]);
  const both = lines.some((line) => line.changed === "both");
  return html`<${Message}
    kind="warn"
    title=${t("moved.title")}
    actions=${[
      html`<${Button} kind="small primary" busy=${busy} onPress=${onCombine}>${t("moved.combine")}<//>`,
      html`<${Button} kind="small" busy=${busy} onPress=${onReload}>${t("moved.reload")}<//>`,
      html`<${Button} kind="small" busy=${busy} onPress=${onOverwrite}>${t("moved.overwrite")}<//>`,
    ]}
  >
    ${t("moved.about")}${both ? ` ${t("moved.both")}` : ""}
    ${lines.length + settings.length > 0 &&
    html`<div class="scroll" tabindex="0" role="region" aria-label=${t("moved.difference")}>
      <table>
        <thead>
          <tr>
            <th scope="col">${t("column.dynamics")}</th>
            <th scope="col">${t("moved.theirs")}</th>
            <th scope="col">${t("moved.mine")}</th>
            <th scope="col">${t("moved.changed")}</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map(
            (line) => html`<tr key=${line.column}>
              <th scope="row">${columns.get(line.column)?.label || line.column || "–"}</th>
              <td>${words(line.theirs, columns)}</td>
              <td>${words(line.mine, columns)}</td>
              <td><${Badge} kind=${line.changed === "both" ? "warn" : ""}>${t(`moved.${line.changed}.badge`)}<//></td>
            </tr>`,
          )}
          ${settings.map(
            (name) => html`<tr key=${name}>
              <th scope="row">${t(SETTINGS[name])}</th>
              <td>${setting(name, theirs[name])}</td>
              <td>${setting(name, mine[name])}</td>
              <td></td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`}
  <//>`;
}

function words(row, columns) {
  if (!row) return html`<span class="quiet">${t("moved.missing")}</span>`;
  const more = summary(row, columns.get(row.dynamics_column));
  return html`${targetOf(row)} · ${t(`direction.${row.direction}`)}${more && html`<span class="small quiet">${more}</span>`}`;
}

const SETTINGS = {
  auto_push: "general.auto_push",
  conflict_policy: "general.policy",
  notify: "notify",
  timeline_notes: "notify.timeline_notes",
  notify_values: "notify.notify_values",
};

function setting(name, value) {
  if (typeof value === "boolean") return value ? t("on") : t("off");
  return t(`${name === "notify" ? "notify" : "policy"}.${value}`);
}

// What becomes of fields that are not yet agreed: a rule for each field of an entity.
import { html, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { t } from "../lib/words.js";
import { Button, Field, Message, ProblemMessage, Select, Stencils, useLoaded } from "../parts/basics.js";

const WAYS = ["leave", "keep_oneflow", "keep_dynamics", "fill_empty"];

export function SettleRules({ api, entities, last, onMade }) {
  const [entity, setEntity] = useState(Object.keys(last?.settle || {})[0] || entities[0]?.entity || "");
  const [ways, setWays] = useState(last?.settle || {}); // by entity, by field
  const [mapping, again] = useLoaded(() => (entity ? api.get(`entities/${part(entity)}/mapping`) : { fields: [] }), [entity]);
  const [columns] = useLoaded(() => (entity ? api.get(`entities/${part(entity)}/columns`) : { columns: [] }), [entity]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  if (!entities.length) return html`<${Message} kind="warn">${t("switch.no_entity")}<//>`;
  const rows = (mapping.content?.fields || []).filter((one) => one.direction === "two_way");
  const labels = new Map((columns.content?.columns || []).map((one) => [one.name, one.label]));
  const own = ways[entity] || {};
  const change = (field, way) => setWays((before) => ({ ...before, [entity]: { ...before[entity], [field]: way } }));
  const wanted = chosen(ways);
  const make = async () => {
    setBusy(true);
    setProblem(null);
    try {
      onMade(await api.post("switch-over/plans", { settle: wanted }));
    } catch (found) {
      setProblem(found);
      setBusy(false);
    }
  };
  const select = (field, name) => html`<${Select}
    aria-label=${t("settle.way_of", { field: name })}
    options=${WAYS.map((way) => ({ value: way, label: t(`settle.${way}`) }))}
    value=${own[field] || "leave"}
    onChange=${(way) => change(field, way)}
  />`;
  return html`<div class="stack wide">
    <p>${t("settle.about")}</p>
    ${problem && html`<${ProblemMessage} problem=${problem} title=${t("rules.not_made")} onClose=${() => setProblem(null)} />`}
    <div class="earlier">
      <${Field} label=${t("health.entity")}>
        ${(tied) => html`<${Select} ...${tied} options=${entities.map((one) => ({ value: one.entity, label: one.label }))} value=${entity} onChange=${setEntity} />`}
      <//>
    </div>
    ${mapping.problem && html`<${ProblemMessage} problem=${mapping.problem} title=${t("settle.not_loaded")} onRetry=${again} />`}
    ${mapping.loading && !mapping.content && html`<${Stencils} count=${3}><div class="stencil tall" /><//>`}
    ${mapping.content &&
    !rows.length &&
    html`<div class="empty"><h3>${t("settle.none")}</h3><p class="quiet">${t("settle.none.about")}</p></div>`}
    ${rows.length > 0 &&
    html`<div class="scroll" tabindex="0" role="region" aria-label=${t("settle.table")}>
      <table class="ways">
        <thead><tr><th scope="col">${t("switch.column")}</th><th scope="col">${t("switch.field")}</th><th scope="col">${t("settle.way")}</th></tr></thead>
        <tbody>
          ${rows.map(
            (row) => html`<tr key=${row.oneflow_field}>
              <th scope="row" class="wrap">${labels.get(row.dynamics_column) || row.dynamics_column}</th>
              <td>${row.oneflow_field}</td>
              <td>${select(row.oneflow_field, labels.get(row.dynamics_column) || row.dynamics_column)}</td>
            </tr>`,
          )}
          <tr>
            <th scope="row">${t("settle.others")}</th>
            <td class="quiet">${t("settle.others.about")}</td>
            <td>${select("*", t("settle.others"))}</td>
          </tr>
        </tbody>
      </table>
    </div>`}
    <dl class="facts">
      ${WAYS.map((way) => html`<div key=${way}><dt class="quiet">${t(`settle.${way}`)}</dt><dd>${t(`settle.${way}.about`)}</dd></div>`)}
    </dl>
    <div class="row save-foot">
      <${Button} kind="primary" busy=${busy} off=${!Object.keys(wanted).length} onPress=${make}>${t("switch.dry_run")}<//>
      <span class="quiet">${Object.keys(wanted).length ? t("switch.dry_run.about") : t("settle.choose")}</span>
    </div>
  </div>`;
}

/** As the app takes it: what is left needs no rule, unless the rule for all others would take it. */
function chosen(ways) {
  const found = {};
  for (const [entity, fields] of Object.entries(ways)) {
    const others = (fields["*"] || "leave") !== "leave";
    const kept = Object.entries(fields).filter(([name, way]) => way !== "leave" || (others && name !== "*"));
    if (kept.some(([, way]) => way !== "leave")) found[entity] = Object.fromEntries(kept);
  }
  return found;
}

// One field mapping: Dynamics field, type, Oneflow field, direction, options, remove.
import { html, memo, useId, useState } from "../lib/preact.js";
import { has, t } from "../lib/words.js";
import { Button, Select } from "../parts/basics.js";
import { Combo } from "../parts/combo.js";
import { directionsOf } from "./rules.js";
import { fromTarget, targetOf } from "./targets.js";
import { optionsOf, summary } from "./options.js";

export const Row = memo(function Row(given) {
  const { row, number, column, known, targets, field, catalogued, note, onChange, onRemove, onOptions } = given;
  const [lookup, setLookup] = useState(row.dynamics_column.includes(".") ? row.dynamics_column.split(".")[0] : "");
  const into = (name) => {
    setLookup(name);
    known.read(name);
  };
  const isField = row.oneflow_kind === "data_field";
  const unknown = isField && catalogued && row.oneflow_field && !field;
  const offered = optionsOf(row, column);
  const set = summary(row, column);
  return html`<div role="row" class="field-row" data-key=${row.key}>
    <${Cell} name=${t("column.dynamics")} problem=${given.wrongColumn}>
      ${(tied) =>
        html`<${Combo}
          ...${tied}
          aria-label=${t("row.dynamics", { number })}
          options=${known.optionsOf(lookup)}
          value=${row.dynamics_column}
          shown=${column?.label}
          placeholder=${t("row.choose")}
          onInto=${into}
          onChange=${(value) => onChange(row.key, { dynamics_column: value })}
        />`}
    <//>
    <div role="cell" class="cell type">
      <span class="cell-name" aria-hidden="true">${t("column.type")}</span>
      <span class="quiet small" title=${typeRule(column)}>${column ? typeName(column) : "–"}</span>
    </div>
    <${Cell}
      name=${t("column.oneflow")}
      problem=${given.wrongField}
      hint=${unknown ? t("row.unknown_field") : field && !field.writable ? t("targets.system") : ""}
    >
      ${(tied) =>
        html`<${Combo}
          ...${tied}
          free
          aria-label=${t("row.oneflow", { number })}
          options=${targets}
          value=${targetOf(row)}
          shown=${row.oneflow_field}
          placeholder=${t("row.field_name")}
          noteOf=${(value) => given.usedBy(value, row.key)}
          onChange=${(value, typed) => onChange(row.key, fromTarget(value, typed))}
        />`}
    <//>
    <${Cell} name=${t("column.direction")} problem=${given.wrongDirection || given.wrongOptions} hint=${note || set}>
      ${(tied) =>
        html`<${Select}
          ...${tied}
          aria-label=${t("row.direction", { number })}
          title=${row.direction === "sync_once" ? t("direction.sync_once.hint") : undefined}
          options=${directionsOf(row, column)}
          value=${row.direction}
          onChange=${(direction) => onChange(row.key, { direction })}
        />`}
    <//>
    <div role="cell" class="cell buttons">
      <${Button}
        kind=${`subtle bare ${set ? "set" : ""}`}
        icon="options"
        off=${!offered.length}
        title=${offered.length ? t("row.options") : t("row.no_options")}
        aria-label=${t("row.options_of", { number })}
        onPress=${() => onOptions(row.key)}
      />
      <${Button}
        kind="subtle bare remove"
        icon="remove"
        title=${t("row.remove")}
        aria-label=${t("row.remove_of", { number })}
        onPress=${() => onRemove(row.key)}
      />
    </div>
  </div>`;
});

function Cell({ name, problem, hint, children }) {
  const id = useId();
  const said = [problem && `${id}-p`, hint && `${id}-h`].filter(Boolean).join(" ") || undefined;
  return html`<div role="cell" class="cell">
    <span class="cell-name" aria-hidden="true">${name}</span>
    ${children({ "aria-describedby": said, "aria-invalid": problem ? "true" : undefined })}
    ${problem && html`<span class="problem" id=${`${id}-p`}>${problem}</span>`}
    ${hint && html`<span class="hint" id=${`${id}-h`}>${hint}</span>`}
  </div>`;
}

export const typeName = (column) => t(`type.${column.type}`);
const typeRule = (column) => (column && has(`type.${column.type}.about`) ? t(`type.${column.type}.about`) : undefined);

// What one row may have besides: its own conflict policy, a time zone, yes/no words, a format, names for references.
import { html, useEffect, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button, Field, Select } from "../parts/basics.js";
import { Combo } from "../parts/combo.js";
import { Dialog } from "../parts/dialog.js";
import { POLICIES } from "./draft.js";

/** The options that this row may have: what the app says of the column, and those that are set already. */
export function optionsOf(row, column) {
  const offered = (row.oneflow_kind === "contract" ? column?.contract_options : column?.options) || ["conflict_policy"];
  const fitting = offered.filter((name) => name !== "conflict_policy" || row.direction === "two_way");
  return [...new Set([...fitting, ...Object.keys(row.options)])];
}

const DATES = ["date_only", "date_time", "user_local_date", "wall_time"];

/** The options that are set, in a line. */
export function summary(row, column) {
  return Object.entries(row.options)
    .map(([name, value]) => `${t(`option.${name}.short`)}: ${shown(name, value, column?.type)}`)
    .join(" · ");
}

function shown(name, value, type) {
  if (name === "conflict_policy") return t(`policy.${value}`);
  if (name === "labels") return `${value.yes?.[0] ?? ""}/${value.no?.[0] ?? ""}`;
  if (name === "format") {
    const length = DATES.includes(type) && value.length && t(`length.${value.length}`);
    return [languageName(value.locale), length, value.currency && t("option.format.currency.short")].filter(Boolean).join(", ");
  }
  if (name === "resolve_labels") return value === true ? t("option.resolve_labels.name") : value;
  return value;
}

export function RowOptions({ row, column, locales, policy, keysOf, onTake, onClose }) {
  const [options, setOptions] = useState(row.options);
  const set = (name, value) =>
    setOptions((before) => {
      const after = { ...before, [name]: value };
      if (value === undefined) delete after[name];
      return after;
    });
  const offered = optionsOf(row, column);
  const parts = { conflict_policy: Policy, time_zone: Zone, labels: Labels, format: Format, resolve_labels: Resolve };
  return html`<${Dialog}
    title=${t("row.options.title", { field: column?.label || row.dynamics_column })}
    onClose=${onClose}
    onSubmit=${() => onTake(cleaned(options))}
    foot=${[
      html`<${Button} onPress=${onClose}>${t("cancel")}<//>`,
      html`<${Button} kind="primary" type="submit">${t("row.options.take")}<//>`,
    ]}
  >
    ${offered.map((name) => {
      const given = { column, locales, policy, keysOf, value: options[name], onSet: (value) => set(name, value) };
      return html`<${parts[name]} key=${name} ...${given} />`;
    })}
    ${offered.some((name) => name !== "conflict_policy") && html`<p class="quiet small">${t("row.options.base")}</p>`}
  <//>`;
}

function Policy({ value, policy, onSet }) {
  const standard = { value: "", label: t("option.as_table", { policy: t(`policy.${policy}`) }) };
  return html`<${Field} label=${t("general.policy")}>
    ${(tied) =>
      html`<${Select}
        ...${tied}
        options=${[standard, ...POLICIES.map((one) => ({ value: one, label: t(`policy.${one}`) }))]}
        value=${value || ""}
        onChange=${(one) => onSet(one || undefined)}
      />`}
  <//>`;
}

function Zone({ value, onSet }) {
  const zones = ["", ...Intl.supportedValuesOf("timeZone")].map((zone) => ({ value: zone, label: zone || t("option.utc") }));
  return html`<${Field} label=${t("option.time_zone")} hint=${t("option.time_zone.about")}>
    ${(tied) => html`<${Combo} ...${tied} options=${zones} value=${value || ""} onChange=${(zone) => onSet(zone || undefined)} />`}
  <//>`;
}

function Labels({ value, onSet }) {
  const words = { yes: value?.yes || [], no: value?.no || [] };
  const change = (name, text) => {
    const after = { ...words, [name]: text.split(",").map((word) => word.trimStart()) };
    onSet(after.yes.join("") || after.no.join("") ? after : undefined);
  };
  return html`<fieldset class="plain stack">
    <legend>${t("option.labels")}</legend>
    <div class="pair">
      ${["yes", "no"].map(
        (name) => html`<${Field} key=${name} label=${t(`option.labels.${name}`)}>
          ${(tied) =>
            html`<input
              ...${tied}
              class="input"
              placeholder=${name === "yes" ? "Yes, True, 1" : "No, False, 0"}
              value=${words[name].join(", ")}
              onInput=${(event) => change(name, event.currentTarget.value)}
            />`}
        <//>`,
      )}
    </div>
    <span class="hint">${t("option.labels.about")}</span>
  </fieldset>`;
}

function Format({ value, column, locales, onSet }) {
  const dates = DATES.includes(column?.type);
  const money = column?.type === "money";
  const known = locales.length ? locales : ["en-GB", "en-US", "sv-SE", "nb-NO", "da-DK", "fi-FI", "de-DE"];
  const languages = [{ value: "", label: t("option.format.none") }, ...known.map((one) => ({ value: one, label: languageName(one) }))];
  const change = (changes) => onSet({ ...value, ...changes });
  return html`<fieldset class="plain stack">
    <legend>${t("option.format")}</legend>
    <${Field} label=${t("option.format.locale")} hint=${t("option.format.about")}>
      ${(tied) =>
        html`<${Combo}
          ...${tied}
          options=${languages}
          value=${value?.locale || ""}
          onChange=${(locale) => (locale ? change({ locale, ...(dates && !value?.length ? { length: "medium" } : {}) }) : onSet(undefined))}
        />`}
    <//>
    ${value &&
    dates &&
    html`<${Field} label=${t("option.format.length")}>
      ${(tied) =>
        html`<${Select}
          ...${tied}
          options=${["short", "medium", "long"].map((one) => ({ value: one, label: t(`length.${one}`) }))}
          value=${value.length || "medium"}
          onChange=${(length) => change({ length })}
        />`}
    <//>`}
    ${value &&
    money &&
    html`<label class="check">
      <input type="checkbox" checked=${Boolean(value.currency)} onChange=${(event) => change({ currency: event.currentTarget.checked })} />
      <span>${t("option.format.currency")}</span>
    </label>`}
  </fieldset>`;
}

function Resolve({ value, column, keysOf, onSet }) {
  const reference = ["lookup", "customer", "owner"].includes(column?.type);
  const on = value !== undefined;
  return html`<div class="stack">
    <label class="check">
      <input type="checkbox" checked=${on} onChange=${(event) => onSet(event.currentTarget.checked ? true : undefined)} />
      <span>
        <span>${t("option.resolve_labels")}</span>
        <span class="hint block">${reference ? t("option.resolve_labels.reference") : t("option.resolve_labels.choice")}</span>
      </span>
    </label>
    ${on && reference && html`<${KeyColumn} value=${value} column=${column} keysOf=${keysOf} onSet=${onSet} />`}
  </div>`;
}

/** What stands for the record that a lookup points at: its name, or a column that tells it from all others. */
function KeyColumn({ value, column, keysOf, onSet }) {
  const [keys, setKeys] = useState(null);
  useEffect(() => {
    let gone = false;
    keysOf(column.name).then(
      (found) => gone || setKeys(found.columns),
      () => gone || setKeys([]),
    );
    return () => (gone = true);
  }, [column.name]);
  const name = { value: "", label: t("option.resolve_labels.by_name") };
  const others = (keys || []).map((one) => ({ value: one.name, label: one.label || one.name, detail: one.name }));
  return html`<${Field} label=${t("option.resolve_labels.key")} hint=${keys ? t("option.resolve_labels.key.about") : t("loading")}>
    ${(tied) =>
      html`<${Combo}
        ...${tied}
        options=${[name, ...others]}
        value=${value === true ? "" : value}
        onChange=${(key) => onSet(key || true)}
      />`}
  <//>`;
}

/** Words without the empty ones that typing leaves. */
function cleaned(options) {
  if (!options.labels) return options;
  const words = (list) => (list || []).map((word) => word.trim()).filter(Boolean);
  return { ...options, labels: { yes: words(options.labels.yes), no: words(options.labels.no) } };
}

function languageName(locale) {
  try {
    return `${new Intl.DisplayNames(document.documentElement.lang, { type: "language" }).of(locale)} (${locale})`;
  } catch {
    return locale || "";
  }
}

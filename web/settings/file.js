// A mapping as a file: exported as it stands in the editor, imported into the editor and saved from there.
import { html, useRef, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { Menu } from "../parts/menu.js";
import { download } from "./download.js";
import { bodyOf, DIRECTIONS, KINDS, MOST_ROWS, newRow, NOTIFY, OPTIONS, POLICIES } from "./draft.js";

const LARGEST = 1024 * 1024; // bytes

export function Files({ entity, label, draft, onTake }) {
  const input = useRef(null);
  const [read, setRead] = useState(null); // {draft, notes} or {problems}
  const chosen = async (event) => {
    const [file] = event.currentTarget.files;
    event.currentTarget.value = "";
    if (file) setRead(file.size > LARGEST ? { problems: [t("file.large")] } : fromText(await file.text(), entity));
  };
  return html`<div>
    <${Menu}
      label=${t("file.menu", { entity: label })}
      items=${[
        { label: t("file.import"), icon: "push", onPress: () => input.current.click() },
        { label: t("file.export"), icon: "fetch", onPress: () => save(`${entity}-mapping.json`, bodyOf(entity, draft)) },
      ]}
    />
    <input type="file" accept="application/json,.json" hidden ref=${input} onChange=${chosen} aria-label=${t("file.import")} />
    ${read &&
    html`<${Dialog}
      title=${read.problems ? t("file.unusable") : t("file.import")}
      onClose=${() => setRead(null)}
      onSubmit=${() => {
        if (read.draft) onTake(read.draft);
        setRead(null);
      }}
      foot=${read.draft
        ? [
            html`<${Button} onPress=${() => setRead(null)}>${t("cancel")}<//>`,
            html`<${Button} kind="primary" type="submit">${t("file.take")}<//>`,
          ]
        : html`<${Button} kind="primary" type="submit">${t("close")}<//>`}
    >
      ${read.draft && html`<p>${t("file.about", { n: read.draft.rows.length, old: draft.rows.length })}</p>`}
      <ul class="plain-list">${(read.problems || read.notes).map((one) => html`<li>${one}</li>`)}</ul>
    <//>`}
  </div>`;
}

const save = (name, content) => download(name, `${JSON.stringify(content, null, 2)}\n`, "application/json");

/** What a file says: {draft: {rows, auto_push, conflict_policy}, notes}, or {problems} that name what to mend in it. */
export function fromText(text, entity) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    return { problems: [t("file.not_json")] };
  }
  if (!content || !Array.isArray(content.fields)) return { problems: [t("file.no_fields")] };
  const problems = [];
  if (content.fields.length > MOST_ROWS) problems.push(t("file.many", { n: MOST_ROWS }));
  content.fields.slice(0, MOST_ROWS).forEach((field, index) => {
    const wrong = (name) => problems.push(t("file.row", { number: index + 1, name }));
    if (typeof field?.dynamics_column !== "string" || !field.dynamics_column) return wrong("dynamics_column");
    if (typeof field.oneflow_field !== "string" || !field.oneflow_field.trim()) return wrong("oneflow_field");
    if (!DIRECTIONS.includes(field.direction)) return wrong("direction");
    if (field.oneflow_kind !== undefined && !KINDS.includes(field.oneflow_kind)) return wrong("oneflow_kind");
    if (field.conflict_policy !== undefined && !POLICIES.includes(field.conflict_policy)) return wrong("conflict_policy");
    const known = ["dynamics_column", "oneflow_field", "direction", "oneflow_kind", ...OPTIONS];
    for (const name of Object.keys(field)) if (!known.includes(name)) wrong(name);
    return undefined;
  });
  if (content.conflict_policy !== undefined && !POLICIES.includes(content.conflict_policy)) problems.push(t("file.policy"));
  if (content.auto_push !== undefined && typeof content.auto_push !== "boolean") problems.push(t("file.auto_push"));
  if (content.notify !== undefined && !NOTIFY.includes(content.notify)) problems.push(t("file.notify"));
  for (const name of ["timeline_notes", "notify_values"])
    if (content[name] !== undefined && typeof content[name] !== "boolean") problems.push(t("file.flag", { name }));
  if (problems.length) return { problems };
  const notes = content.entity && content.entity !== entity ? [t("file.other", { entity: content.entity })] : [];
  const rows = content.fields.map(newRow);
  return {
    notes,
    draft: {
      rows,
      auto_push: Boolean(content.auto_push),
      conflict_policy: content.conflict_policy || "oneflow_wins",
      notify: content.notify || "decisions",
      timeline_notes: Boolean(content.timeline_notes),
      notify_values: Boolean(content.notify_values),
    },
  };
}

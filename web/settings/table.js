// Data fields: the toolbar and the rows.
import { html, useEffect, useMemo, useRef, useSame, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Announce, Button, Message, ProblemMessage } from "../parts/basics.js";
import { Confirm } from "../parts/dialog.js";
import { newRow, withRow } from "./draft.js";
import { Row } from "./row.js";
import { RowOptions } from "./options.js";
import { fallback, full } from "./rules.js";
import { oneflowChoices, targetOf } from "./targets.js";

/** `look`: {key} of a row that is to be shown, and to have the focus. */
export function FieldTable({ draft, edit, problems, known, catalog, label, look }) {
  const [filter, setFilter] = useState("");
  const [removing, setRemoving] = useState(null);
  const [options, setOptions] = useState(null); // key of the row whose options are open
  const [notes, setNotes] = useState({}); // by row key: what was changed with a column, and why
  const [told, setTold] = useState("");
  const body = useRef(null);
  const fresh = useRef(null);
  const targets = useMemo(() => oneflowChoices(catalog, known.kinds), [catalog, known.kinds]);
  const fields = useMemo(() => new Map((catalog?.fields || []).map((one) => [one.custom_id.toLowerCase(), one])), [catalog]);
  useEffect(() => {
    if (!fresh.current) return;
    body.current?.querySelector(`[data-key="${fresh.current}"] input`)?.focus();
    fresh.current = null;
  }, [draft.rows.length]);

  useEffect(() => {
    if (!look) return;
    setFilter("");
    // When the row is drawn again, with what is wrong in it.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const row = body.current?.querySelector(`[data-key="${look.key}"]`);
        (row?.querySelector('[aria-invalid="true"]') || row?.querySelector("input"))?.focus();
      }),
    );
  }, [look]);

  const add = () => {
    const row = newRow();
    fresh.current = row.key;
    setFilter("");
    edit((before) => ({ rows: [...before.rows, row] }));
  };
  const change = useSame((key, changes) => {
    const row = { ...draft.rows.find((one) => one.key === key), ...changes };
    const column = known.all.get(row.dynamics_column);
    if (changes.dynamics_column !== undefined) {
      row.options = {};
      if (!row.oneflow_field) row.oneflow_field = suggestion(column, fields, draft) || "";
    }
    const direction = fallback(row, column);
    const note = direction === row.direction ? "" : t("row.fell_back", { direction: t(`direction.${direction}`) });
    setNotes((before) => ({ ...before, [key]: note }));
    setTold(note);
    edit((before) => withRow(before, key, { ...row, direction }));
  });
  const ask = useSame((key) => {
    const row = draft.rows.find((one) => one.key === key);
    if (!row.dynamics_column && !row.oneflow_field) remove(key);
    else setRemoving(row);
  });
  const open = useSame((key) => setOptions(key));
  const remove = (key) => {
    const place = draft.rows.findIndex((row) => row.key === key);
    const next = draft.rows[place + 1] || draft.rows[place - 1];
    setRemoving(null);
    setTold(t("row.removed"));
    edit((before) => ({ rows: before.rows.filter((row) => row.key !== key) }));
    requestAnimationFrame(() => {
      const row = next && body.current?.querySelector(`[data-key="${next.key}"]`);
      (row ? row.querySelector(".remove") : document.getElementById("add-mapping"))?.focus();
    });
  };

  const usedBy = useSame((value, key) => {
    const users = draft.rows.filter((row) => row.key !== key && targetOf(row).trim().toLowerCase() === value.toLowerCase());
    return users.length ? t("targets.used", { names: users.map((row) => nameOf(row) || t("targets.used.nothing")).join(", ") }) : "";
  });

  const nameOf = (row) => known.all.get(row.dynamics_column)?.label || row.dynamics_column;
  const wanted = filter.trim().toLowerCase();
  const seen = wanted
    ? draft.rows.filter((row) => `${nameOf(row)} ${row.dynamics_column} ${row.oneflow_field}`.toLowerCase().includes(wanted))
    : draft.rows;
  const optioned = draft.rows.find((row) => row.key === options);

  if (!draft.rows.length) {
    return html`<div class="empty">
      <h3>${t("mapping.empty")}</h3>
      <p class="quiet">${t("mapping.empty.about")}</p>
      <${Button} kind="primary" icon="add" id="add-mapping" onPress=${add}>${t("mapping.add")}<//>
      <${LeftOut} catalog=${catalog} />
    </div>`;
  }
  return html`<div class="stack">
    <div class="row apart">
      <${Button} kind="subtle" icon="add" id="add-mapping" off=${full(draft)} onPress=${add}>${t("mapping.add")}<//>
      <input
        class="input filter"
        type="search"
        aria-label=${t("mapping.filter")}
        placeholder=${t("mapping.filter")}
        value=${filter}
        onInput=${(event) => setFilter(event.currentTarget.value)}
      />
    </div>
    <div class="fields" role="table" aria-label=${t("mapping.of", { entity: label })} ref=${body}>
      <div role="row" class="fields-head">
        <span role="columnheader">${t("column.dynamics")}</span>
        <span role="columnheader">${t("column.type")}</span>
        <span role="columnheader">${t("column.oneflow")}</span>
        <span role="columnheader">${t("column.direction")}</span>
        <span role="columnheader"><span class="only-read">${t("column.more")}</span></span>
      </div>
      ${seen.map(
        (row) => html`<${Row}
          key=${row.key}
          row=${row}
          number=${draft.rows.indexOf(row) + 1}
          column=${known.all.get(row.dynamics_column)}
          known=${known}
          targets=${targets}
          field=${fields.get(row.oneflow_field.trim().toLowerCase())}
          catalogued=${fields.size > 0}
          wrongColumn=${problems[row.key]?.dynamics_column}
          wrongField=${problems[row.key]?.oneflow_field}
          wrongDirection=${problems[row.key]?.direction}
          wrongOptions=${problems[row.key]?.options}
          note=${notes[row.key]}
          onChange=${change}
          onRemove=${ask}
          onOptions=${open}
          usedBy=${usedBy}
        />`,
      )}
      ${!seen.length && html`<p class="quiet none">${t("mapping.none_found", { filter })}</p>`}
    </div>
    ${full(draft) && html`<${Message} kind="warn">${t("mapping.full", { n: draft.rows.length })}<//>`}
    <${LeftOut} catalog=${catalog} />
    ${removing &&
    html`<${Confirm}
      title=${t("row.remove.title")}
      yes=${t("row.remove.yes")}
      onClose=${() => setRemoving(null)}
      onYes=${() => remove(removing.key)}
    >
      <p>${t("row.remove.about", { dynamics: nameOf(removing) || "–", oneflow: removing.oneflow_field || "–" })}</p>
    <//>`}
    ${optioned &&
    html`<${RowOptions}
      row=${optioned}
      column=${known.all.get(optioned.dynamics_column)}
      locales=${known.locales}
      keysOf=${known.keysOf}
      policy=${draft.conflict_policy}
      onClose=${() => setOptions(null)}
      onTake=${(chosen) => {
        setOptions(null);
        change(optioned.key, { options: chosen });
      }}
    />`}
    <${Announce} text=${told} />
  </div>`;
}

/** Why some of Oneflow's templates are not to be found here; and that suggestions are missing. */
function LeftOut({ catalog }) {
  if (catalog?.problem) return html`<${ProblemMessage} problem=${catalog.problem} title=${t("catalog.not_loaded")} />`;
  if (!catalog?.left_out?.length) return null;
  const names = catalog.left_out.map((one) => one.name).join(", ");
  return html`<p class="quiet small left-out">${t("catalog.left_out", { n: catalog.left_out.length, names })}</p>`;
}

/** A data field that is called like the column and that no other row has. */
function suggestion(column, fields, draft) {
  if (!column) return "";
  const taken = new Set(draft.rows.map((row) => row.oneflow_field.trim().toLowerCase()));
  const names = [column.name, column.label].map(plain);
  const called = (one) => [one.custom_id, one.name].some((name) => names.includes(plain(name)));
  const free = (one) => one.writable && !taken.has(one.custom_id.toLowerCase());
  return [...fields.values()].find((one) => free(one) && called(one))?.custom_id;
}

const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

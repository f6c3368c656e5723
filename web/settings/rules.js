// What may be chosen in a row, and what is wrong in it. The app checks the same once more when a mapping is saved.
import { has, t } from "../lib/words.js";
import { DIRECTIONS, MOST_ROWS } from "./draft.js";

const FROM_CONTRACT = "oneflow_to_dynamics";
const OF_TYPE = ["one_way_type", "type_not_mapped"]; // what another type of column would mend

/** [{value, label, off}]: `off` is the reason why a direction is not offered. */
export function directionsOf(row, column) {
  const ofKind = DIRECTIONS.filter((one) => (one === FROM_CONTRACT) === (row.oneflow_kind === "contract"));
  return ofKind.map((direction) => ({
    value: direction,
    label: t(`direction.${direction}`),
    hint: direction === "sync_once" ? t("direction.sync_once.hint") : "",
    off: refusal(row, column, direction),
  }));
}

/** Why a row cannot have a direction; "" where it can. */
export function refusal(row, column, direction) {
  if (row.oneflow_kind === "contract") return refusalOfFact(row, column, direction);
  if (direction === FROM_CONTRACT) return t("refusal.facts_only");
  if (row.oneflow_kind !== "data_field") return direction === "sync_once" ? "" : t("refusal.party_or_participant");
  const text = column?.not_allowed?.[direction];
  if (!text) return "";
  const lifted = column.lifted_by?.[direction];
  if (lifted && row.options[lifted] !== undefined) return "";
  const reason = said(column.not_allowed_codes?.[direction], text, column.type);
  return lifted ? `${reason} ${t("refusal.lifted", { option: t(`option.${lifted}`) })}` : reason;
}

/** Of what the contract shows of itself. */
function refusalOfFact(row, column, direction) {
  if (direction !== FROM_CONTRACT) return t("refusal.contract_fact");
  if (!column?.contract_facts) return "";
  const why = column.not_allowed_codes?.two_way;
  if (!column.contract_facts.length && why && !OF_TYPE.includes(why)) return said(why, column.not_allowed.two_way);
  if (!column.contract_facts.includes(row.oneflow_field)) {
    const kind = row.oneflow_field?.endsWith("_on") ? "date" : row.oneflow_field;
    return said("fact_not_for_type", "", kind);
  }
  const lifted = column.lifted_by?.two_way;
  return lifted && row.options[lifted] === undefined ? t("refusal.lifted", { option: t(`option.${lifted}`) }) : "";
}

/** The best direction that is still allowed: what was chosen, else the next one down. */
export function fallback(row, column) {
  if (row.oneflow_kind === "contract") return FROM_CONTRACT;
  const from = DIRECTIONS.indexOf(row.direction);
  const order = [...DIRECTIONS.slice(0, from + 1).reverse(), ...DIRECTIONS.slice(from + 1)];
  return order.find((direction) => !refusal(row, column, direction)) || row.direction;
}

/** A reason in the user's language by its code, else as the app says it. */
export function said(code, text, type = "") {
  if (code && type && has(`refusal.${code}.${type}`)) return t(`refusal.${code}.${type}`);
  return code && has(`refusal.${code}`) ? t(`refusal.${code}`) : text;
}

/** What is wrong by row key and cell: {r1: {dynamics_column: "..."}}. `asked`: empty cells count too;
 * `comes(name)`: whether a column is still being read. */
export function problemsOf(draft, columns, asked, comes = () => false) {
  const used = (name) => {
    const seen = new Map();
    for (const row of draft.rows) seen.set(name(row), (seen.get(name(row)) || 0) + 1);
    return (row) => seen.get(name(row)) > 1;
  };
  const column = used((row) => row.dynamics_column);
  const field = used((row) => `${row.oneflow_kind}:${row.oneflow_field.trim().toLowerCase()}`);
  const found = {};
  for (const row of draft.rows) {
    const cells = {};
    if (!row.dynamics_column) cells.dynamics_column = asked && t("row.no_column");
    else if (!columns.has(row.dynamics_column)) cells.dynamics_column = !comes(row.dynamics_column) && t("refusal.no_column");
    else if (column(row)) cells.dynamics_column = t("refusal.column_twice");
    if (!row.oneflow_field.trim()) cells.oneflow_field = asked && t("row.no_field");
    else if (row.oneflow_field.trim().length > 255) cells.oneflow_field = t("row.field_long", { n: 255 });
    else if (field(row)) cells.oneflow_field = t("refusal.field_twice");
    const why = refusal(row, columns.get(row.dynamics_column), row.direction);
    if (why) cells.direction = why;
    const real = Object.entries(cells).filter(([, text]) => text);
    if (real.length) found[row.key] = Object.fromEntries(real);
  }
  return found;
}

/** Rows that lack a side: nothing can be saved of them. */
export const halfEmpty = (draft) => draft.rows.filter((row) => !row.dynamics_column || !row.oneflow_field.trim());
export const full = (draft) => draft.rows.length >= MOST_ROWS;

const CELLS = new Set(["dynamics_column", "oneflow_field", "direction"]);

/** What the app refused, by row key and cell; and what belongs to no row. `draft` is what was sent. */
export function refusedCells(errors, draft, columns) {
  const rows = {};
  const others = [];
  for (const error of errors || []) {
    const row = draft.rows[error.row];
    if (!row) {
      others.push(error.field ? `${error.field}: ${error.detail}` : String(error.detail || error));
      continue;
    }
    const cell = CELLS.has(error.field) ? error.field : "options";
    rows[row.key] = { ...rows[row.key], [cell]: said(error.code, error.detail, columns.get(row.dynamics_column)?.type) };
  }
  return { rows, others };
}

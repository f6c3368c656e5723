// A mapping while it is edited: rows with keys of their own, what differs from what was saved, the body to save.
// Nothing here knows the page.

export const OPTIONS = ["conflict_policy", "time_zone", "labels", "format", "resolve_labels"];
export const DIRECTIONS = ["sync_once", "dynamics_to_oneflow", "two_way", "oneflow_to_dynamics"];
export const POLICIES = ["oneflow_wins", "dynamics_wins", "ask"];
export const NOTIFY = ["off", "decisions", "everything"];
export const KINDS = ["data_field", "party", "participant", "contract"];
export const MOST_ROWS = 300;

let last = 0;

/** {etag, auto_push, conflict_policy, notify, timeline_notes, notify_values, rows: [{key, dynamics_column, oneflow_kind, oneflow_field, direction, options}]} */
export function draftOf(mapping) {
  return {
    etag: mapping.etag || "",
    auto_push: Boolean(mapping.auto_push),
    conflict_policy: mapping.conflict_policy || "oneflow_wins",
    notify: mapping.notify || "decisions",
    timeline_notes: Boolean(mapping.timeline_notes),
    notify_values: Boolean(mapping.notify_values),
    rows: mapping.fields.map((field) => newRow(field)),
  };
}

export function newRow(field = {}) {
  const options = {};
  for (const name of OPTIONS) if (field[name] !== undefined && field[name] !== null) options[name] = field[name];
  return {
    key: `r${++last}`,
    dynamics_column: field.dynamics_column || "",
    oneflow_kind: field.oneflow_kind || "data_field",
    oneflow_field: field.oneflow_field || "",
    direction: field.direction || "sync_once",
    options,
  };
}

/** What is sent to be saved, and what an exported file holds. */
export function bodyOf(entity, draft) {
  const body = {
    entity,
    fields: draft.rows.map(fieldOf),
    auto_push: draft.auto_push,
    conflict_policy: draft.conflict_policy,
  };
  if (draft.notify !== "decisions") body.notify = draft.notify;
  for (const name of ["timeline_notes", "notify_values"]) if (draft[name]) body[name] = true;
  return body;
}

export function fieldOf(row) {
  const field = { dynamics_column: row.dynamics_column, oneflow_field: row.oneflow_field.trim(), direction: row.direction };
  if (row.oneflow_kind !== "data_field") field.oneflow_kind = row.oneflow_kind;
  for (const name of OPTIONS) if (row.options[name] !== undefined) field[name] = row.options[name];
  return field;
}

export const sameDraft = (one, other) => text(bodyOf("", one)) === text(bodyOf("", other));
const text = JSON.stringify;

/** The same mapping with some rows changed; untouched rows stay the same objects, so that they are not drawn again. */
export function withRow(draft, key, change) {
  return { ...draft, rows: draft.rows.map((row) => (row.key === key ? { ...row, ...change } : row)) };
}

/** Rows whose base ends with this save, on contracts that exist: a new pairing, other options, or now two-way. */
export function unsettledRows(before, after) {
  const known = new Map(before.rows.map((row) => [row.dynamics_column, row]));
  return after.rows.filter((row) => {
    const old = known.get(row.dynamics_column);
    return row.direction === "two_way" && (!old || identity(old) !== identity(row));
  });
}

/** Rows whose base may end with this save: of a field that was mapped already, now two-way, with another column or options. */
export function endingRows(before, after) {
  const known = new Map(before.rows.map((row) => [row.oneflow_field.trim().toLowerCase(), row]));
  return after.rows.filter((row) => {
    const old = known.get(row.oneflow_field.trim().toLowerCase());
    const same = old && old.dynamics_column === row.dynamics_column && identity(old) === identity(row);
    return old && row.direction !== "sync_once" && !same;
  });
}

function identity(row) {
  const options = { ...row.options, conflict_policy: undefined };
  return text([row.oneflow_kind, row.oneflow_field.toLowerCase(), row.direction === "two_way", options]);
}

/** Two saves side by side: [{column, theirs, mine, changed: "theirs" | "mine" | "both"}], rows or null where missing. */
export function difference(base, theirs, mine) {
  const sides = [base, theirs, mine].map((draft) => new Map(draft.rows.map((row) => [row.dynamics_column, row])));
  const columns = new Set(sides.flatMap((side) => [...side.keys()]));
  return [...columns]
    .map((column) => {
      const [old, their, my] = sides.map((side) => side.get(column) || null);
      const [o, a, b] = [old, their, my].map((row) => row && text(fieldOf(row)));
      const changed = a === b ? null : a === o ? "mine" : b === o ? "theirs" : "both";
      return { column, theirs: their, mine: my, changed };
    })
    .filter((line) => line.changed);
}

/** Their save with my edits on top: mine win where both changed the same row. */
export function combined(base, theirs, mine) {
  const lines = new Map(difference(base, theirs, mine).map((line) => [line.column, line]));
  const take = (row) => {
    const line = lines.get(row.dynamics_column);
    return !line || line.changed === "theirs" ? row : line.mine;
  };
  const known = new Set(theirs.rows.map((row) => row.dynamics_column));
  const added = mine.rows.filter((row) => !known.has(row.dynamics_column) && lines.get(row.dynamics_column)?.changed !== "theirs");
  const own = (name) => (mine[name] === base[name] ? theirs[name] : mine[name]);
  return {
    etag: theirs.etag,
    auto_push: own("auto_push"),
    conflict_policy: own("conflict_policy"),
    notify: own("notify"),
    timeline_notes: own("timeline_notes"),
    notify_values: own("notify_values"),
    rows: [...theirs.rows.map(take).filter(Boolean), ...added],
  };
}

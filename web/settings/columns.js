// The columns that may be mapped: of the table itself, and of the records it refers to, read when they are asked for.
import { useEffect, useMemo, useRef, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { t } from "../lib/words.js";

/** {all: Map by name | null, problem, again, comes(name), need(names), optionsOf(lookup), keysOf(lookup), related, locales, kinds} */
export function useColumns(api, entity, label) {
  const [state, setState] = useState({ lists: {}, problem: null });
  const asked = useRef(new Set());
  const route = `entities/${part(entity)}/columns`;
  const read = async (lookup) => {
    if (asked.current.has(lookup)) return;
    asked.current.add(lookup);
    try {
      const found = await api.get(lookup ? `${route}?lookup=${part(lookup)}` : route);
      setState((before) => ({ problem: null, lists: { ...before.lists, [lookup]: found } }));
    } catch (problem) {
      asked.current.delete(lookup);
      // A table that cannot be read hides no other: its rows show their names.
      if (lookup) setState((before) => ({ ...before, lists: { ...before.lists, [lookup]: { columns: [], failed: true } } }));
      else setState((before) => ({ ...before, problem }));
    }
  };
  useEffect(() => {
    read("");
  }, [entity]);
  return useMemo(() => {
    const own = state.lists[""];
    const related = own?.related || [];
    const all = own && new Map(Object.values(state.lists).flatMap((list) => list.columns.map((one) => [one.name, one])));
    const groups = new Map();
    const optionsOf = (lookup) => {
      if (!groups.has(lookup)) groups.set(lookup, choices(state.lists[lookup], lookup, related, label));
      return groups.get(lookup);
    };
    const need = (names) => {
      for (const one of related) if (names.some((name) => name.startsWith(`${one.lookup}.`))) read(one.lookup);
    };
    const comes = (name) => related.some((one) => name.startsWith(`${one.lookup}.`) && !state.lists[one.lookup]);
    const again = () => read("");
    const locales = own?.format_locales || [];
    const keysOf = (lookup) => api.get(`${route}?keys_of=${part(lookup)}`);
    const kinds = related.length > 0;
    return { all, problem: state.problem, again, comes, need, read, optionsOf, keysOf, related, locales, kinds };
  }, [state, label]);
}

/** What the box of Dynamics fields offers: `lookup` is "" for the table itself. */
function choices(list, lookup, related, label) {
  const back = { value: "<", label: t("columns.back", { entity: label }), into: "", group: "" };
  if (!list) return [{ value: "", label: t("loading"), off: t("loading") }, ...(lookup ? [back] : [])];
  const at = related.find((one) => one.lookup === lookup);
  const group = at ? t("columns.related", { entity: at.entity_label, lookup: at.label }) : t("columns.primary", { entity: label });
  const found = list.columns
    .map((column) => ({
      value: column.name,
      label: column.label || column.name,
      detail: column.name,
      group,
      off: column.directions.length ? "" : Object.values(column.not_allowed)[0] || t("columns.never"),
    }))
    .sort((one, other) => one.label.localeCompare(other.label));
  if (lookup) return [back, ...found];
  const further = related.map((one) => ({
    value: `>${one.lookup}`,
    label: `${one.entity_label} (${one.label})`,
    detail: t("columns.more"),
    into: one.lookup,
    group: t("columns.related.title"),
  }));
  return [...found, ...further];
}

// Words in the user's language; dates and numbers as that language writes them.
import en from "../strings/en.js";
import sv from "../strings/sv.js";

const STRINGS = { en, sv };
let words = en;
let locale = "en";
let plural = new Intl.PluralRules("en");

export function speak(language) {
  const name = (language || "en").toLowerCase().split("-")[0];
  words = STRINGS[name] || en;
  locale = STRINGS[name] ? language : "en";
  plural = new Intl.PluralRules(locale);
  document.documentElement.lang = STRINGS[name] ? name : "en";
}

/** The text `name` with its `{holes}` filled; with `n`, the form that the number wants (`name_one`, `name_other`). */
export function t(name, holes = {}) {
  const text = ("n" in holes && words[`${name}_${plural.select(holes.n)}`]) || words[name] || words[`${name}_other`] || en[name] || name;
  return text.replace(/{(\w+)}/g, (all, hole) => (hole in holes ? show(holes[hole]) : all));
}

export const has = (name) => name in words;

/** A reason's words by its code or by the app's English text, else that text; with what a vendor says in its own words. */
export function reason(text, code) {
  const said = /: “([^]*)”/.exec(text || "");
  if (code && has(`reason.${code}`)) return t(`reason.${code}`, { said: said ? `: ”${said[1]}”` : "" });
  return (text && words[`said.${text.toLowerCase().replace(/\W+/g, "-").replace(/^-|-$/g, "")}`]) || text || "";
}

function show(value) {
  return typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : String(value);
}

export function moment(text) {
  return text ? new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text)) : "";
}

const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [30, "day"], [12, "month"], [Infinity, "year"]];

/** "4 minutes ago" */
export function ago(text, now = Date.now()) {
  let amount = (new Date(text).getTime() - now) / 1000;
  for (const [size, unit] of STEPS) {
    if (Math.abs(amount) < size) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(amount), unit);
    amount /= size;
  }
  return "";
}

/** What a field is called in Oneflow; a party's and a participant's in the user's language. */
export function oneflowName({ oneflow_kind: kind = "data_field", oneflow_field: field, oneflow_label: label }) {
  const part = `targets.${kind}.${field}`;
  return has(part) ? `${t(`targets.${kind}`)}: ${t(part)}` : label || field;
}

/** Tells the fields of one contract apart: a party's name may be called as a data field is. */
export const fieldKey = ({ oneflow_kind: kind = "data_field", oneflow_field: field }) => `${kind}:${field}`;

/** A person's or application's name; Dynamics marks its application users with a number sign, which is no part of it. */
export const personName = (name) => (name || "").replace(/^#\s*/, "");

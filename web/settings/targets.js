// What the box of Oneflow fields offers: data fields of the template types, and what parties and participants have, and what a
// contract shows of itself.
import { t } from "../lib/words.js";

const PARTS = {
  party: ["name", "identification_number", "country_code"],
  participant: ["name", "email", "phone_number", "title"],
  contract: ["state", "url", "sent_on", "signed_on", "declined_on", "expires_on"],
};

/** A row's target as one text: "customer_name", or "party:name". */
export const targetOf = (row) => (row.oneflow_kind === "data_field" ? row.oneflow_field : `${row.oneflow_kind}:${row.oneflow_field}`);

/** The reverse: what to change in a row. A typed text is always a data field's. */
export function fromTarget(value, typed) {
  const [kind, field] = value.split(":");
  if (!typed && field && PARTS[kind]?.includes(field)) return { oneflow_kind: kind, oneflow_field: field };
  return { oneflow_kind: "data_field", oneflow_field: value };
}

export function oneflowChoices(catalog, kinds) {
  const fields = (catalog?.fields || []).map((one) => ({
    value: one.custom_id,
    label: one.custom_id,
    detail: one.name === one.custom_id ? types(one) : `${one.name} · ${types(one)}`,
    group: t("targets.data_field"),
    off: one.writable ? "" : t("targets.system"),
  }));
  const kindsOffered = Object.entries(PARTS).filter(([kind]) => kinds || kind === "contract");
  const parts = kindsOffered.flatMap(([kind, names]) =>
    names.map((name) => ({
      value: `${kind}:${name}`,
      label: `${t(`targets.${kind}`)}: ${t(`targets.${kind}.${name}`)}`,
      detail: t(kind === "contract" ? "targets.from_contract" : "targets.once"),
      group: t(`targets.${kind}s`),
    })),
  );
  return [...fields, ...parts];
}

const types = (field) => (field.template_types || []).join(", ");

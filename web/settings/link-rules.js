// The rules that tell which record a contract belongs to, chosen and ordered.
import { html, useRef, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { t } from "../lib/words.js";
import { Badge, Button, Field, Message, ProblemMessage, Select, useLoaded } from "../parts/basics.js";
import { Combo } from "../parts/combo.js";

export const KINDS = ["contract_table", "data_field", "counterparty", "name"];
const CERTAIN = new Set(["contract_table", "data_field"]);
const MOST = 20;
// Of each kind: its members; those with a question mark may be left out.
const MEMBERS = {
  contract_table: ["table", "contract_column", "record_column", "entity?"],
  data_field: ["entity", "field", "column?"],
  counterparty: ["entity", "account_column", "number_column?", "email_column?"],
  name: ["entity"],
};
let last = 0;
const keyed = (rule) => ({ ...rule, key: `rule${++last}` });

/** `last`: the rules of the newest plan, to begin with. `onMade(plan)`. */
export function LinkRules({ api, entities, labels, last: before, onMade }) {
  const first = entities[0]?.entity || "";
  const [rules, setRules] = useState(() => (before?.rules || [begun("data_field", first)]).map(keyed));
  const [fields] = useLoaded(() => api.get("oneflow/fields"), []);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const list = useRef(null);
  const change = (key, parts) => setRules((all) => all.map((one) => (one.key === key ? { ...one, ...parts } : one)));
  const move = (at, by) =>
    setRules((all) => {
      const moved = [...all];
      moved.splice(at + by, 0, ...moved.splice(at, 1));
      return moved;
    });
  const add = () => {
    setRules((all) => [...all, keyed(begun(KINDS.find((kind) => !all.some((one) => one.kind === kind)) || "data_field", first))]);
    setTimeout(() => list.current?.querySelector("li:last-child select")?.focus());
  };
  const make = async () => {
    setBusy(true);
    setProblem(null);
    try {
      onMade(await api.post("switch-over/plans", { rules: rules.map(sent) }));
    } catch (found) {
      setProblem(found);
      setBusy(false);
    }
  };
  if (!entities.length) return html`<${Message} kind="warn">${t("switch.no_entity")}<//>`;
  const wrong = (at) => problem?.body?.errors?.filter((one) => one.row === at) || [];
  return html`<div class="stack wide">
    <p>${t("rules.about")}</p>
    ${problem && html`<${ProblemMessage} problem=${problem} title=${t("rules.not_made")} onClose=${() => setProblem(null)} />`}
    <ol class="rules" ref=${list}>
      ${rules.map(
        (rule, at) => html`<li key=${rule.key} class="entry stack">
          <${Rule}
            ...${{ api, rule, at, entities, labels }}
            fields=${fields.content?.fields || []}
            problems=${wrong(at)}
            onChange=${(parts) => change(rule.key, parts)}
            buttons=${html`<div class="row">
              <${Button} kind="subtle small" off=${at === 0} onPress=${() => move(at, -1)} aria-label=${t("rules.up_of", { n: at + 1 })}>${t("rules.up")}<//>
              <${Button} kind="subtle small" off=${at === rules.length - 1} onPress=${() => move(at, 1)} aria-label=${t("rules.down_of", { n: at + 1 })}>${t("rules.down")}<//>
              <${Button} kind="subtle small" icon="remove" off=${rules.length === 1} onPress=${() => setRules(rules.filter((one) => one.key !== rule.key))} aria-label=${t("rules.remove_of", { n: at + 1 })}>${t("rules.remove")}<//>
            </div>`}
          />
        </li>`,
      )}
    </ol>
    <div class="row">
      <${Button} icon="add" kind="subtle" off=${rules.length >= MOST} onPress=${add}>${t("rules.add")}<//>
    </div>
    <div class="row save-foot">
      <${Button} kind="primary" busy=${busy} onPress=${make}>${t("switch.dry_run")}<//>
      <span class="quiet">${t("switch.dry_run.about")}</span>
    </div>
  </div>`;
}

function Rule({ api, rule, at, entities, labels, fields, problems, onChange, buttons }) {
  const [columns] = useLoaded(() => (rule.entity ? api.get(`entities/${part(rule.entity)}/columns`) : { columns: [] }), [rule.entity]);
  const own = (columns.content?.columns || []).map((one) => ({ value: one.name, label: one.label, detail: one.name, type: one.type }));
  const problemOf = (member) => problems.filter((one) => one.field === member).map((one) => one.detail).join(" ");
  const loose = problems.filter((one) => !MEMBERS[rule.kind].some((member) => member.replace("?", "") === one.field));
  const options = {
    entity: entities.map((one) => ({ value: one.entity, label: one.label })),
    field: fields.map((one) => ({ value: one.custom_id, label: one.custom_id, detail: one.name })),
    column: own,
    account_column: own.filter((one) => ["lookup", "customer"].includes(one.type)),
  };
  const control = (member) => {
    const name = member.replace("?", "");
    const optional = member.endsWith("?");
    const label = t(`rules.${name}`);
    const value = rule[name] || "";
    return html`<${Field} key=${name} label=${optional ? t("rules.optional", { label }) : label} hint=${t(`rules.${name}.about`)} problem=${problemOf(name)}>
      ${(tied) =>
        name === "entity"
          ? html`<${Select} ...${tied} options=${optional ? [{ value: "", label: t("rules.entity.none") }, ...options.entity] : options.entity} value=${value} onChange=${(entity) => onChange({ entity })} />`
          : options[name]
            ? html`<${Combo} ...${tied} free options=${options[name]} value=${value} onChange=${(text) => onChange({ [name]: text.trim() })} />`
            : html`<input ...${tied} class="input" spellcheck="false" autocomplete="off" value=${value} onInput=${(event) => onChange({ [name]: event.currentTarget.value.trim() })} />`}
    <//>`;
  };
  return html`
    <div class="row apart">
      <span class="row"><h3>${t("rules.rule", { n: at + 1 })}</h3><${Badge} kind=${CERTAIN.has(rule.kind) ? "good" : ""}>${t(CERTAIN.has(rule.kind) ? "rules.certain" : "rules.suggestion")}<//></span>
      ${buttons}
    </div>
    <div class="pair">
      <${Field} label=${t("rules.kind")} hint=${t(`rules.kind.${rule.kind}.about`)} problem=${loose.map((one) => one.detail).join(" ")}>
        ${(tied) =>
          html`<${Select} ...${tied} options=${KINDS.map((kind) => ({ value: kind, label: t(`rules.kind.${kind}`) }))} value=${rule.kind} onChange=${(kind) => onChange(begun(kind, rule.entity || entities[0]?.entity, rule))} />`}
      <//>
      ${MEMBERS[rule.kind].map(control)}
    </div>
  `;
}

/** A rule of this kind with what is usual; what the other kind had and this one has, too, stays. */
function begun(kind, entity, before = {}) {
  const usual = { counterparty: { number_column: "accountnumber", email_column: "emailaddress1" } }[kind] || {};
  const kept = Object.fromEntries(MEMBERS[kind].map((one) => one.replace("?", "")).map((name) => [name, before[name] || usual[name] || ""]));
  return { ...kept, kind, entity: kind === "contract_table" ? before.entity || "" : entity, key: before.key };
}

/** As the app takes it: what is empty is left out. */
function sent(rule) {
  const names = ["kind", ...MEMBERS[rule.kind].map((one) => one.replace("?", ""))];
  return Object.fromEntries(names.filter((name) => rule[name]).map((name) => [name, rule[name]]));
}

/** How the plan names a rule, and what it is called on this page. */
export function toldOf(rules, text, labels) {
  const found = rules.find((one) => told(one) === text);
  if (!found) return text;
  return t(`rules.told.${found.kind}`, { field: found.field || "", table: found.table || "", entity: labels.get(found.entity) || found.entity || "" });
}

function told(rule) {
  if (rule.kind === "contract_table") return `${rule.table}.${rule.record_column}`;
  if (rule.kind === "data_field") return `data field ${rule.field} = ${rule.entity}.${rule.column || "id"}`;
  if (rule.kind === "counterparty") return `counterparty = ${rule.entity}.${rule.account_column}`;
  return `name = ${rule.entity}`;
}

// Whom a new contract invites: the record's contacts, and people typed in by hand.
import { html } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button, Message, Select } from "../parts/basics.js";

export const fromContact = (contact) => ({ ...contact, key: contact.record, on: Boolean(contact.primary && contact.email), role: "signatory" });

export const byHand = (number) => ({ key: `hand:${number}`, name: "", email: "", phone: "", company: "", on: true, role: "signatory", hand: true });

const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;

/** What is wrong with a chosen person ({field, text}), or null. */
export function wrongWith(person) {
  if (!person.on) return null;
  if (!person.name.trim()) return { field: "name", text: t("w.no_name") };
  return EMAIL.test(person.email.trim()) ? null : { field: "email", text: t("w.no_email") };
}

/** Parties in Oneflow's shape: people of one company together, people without one each for themselves. */
export function partiesOf(people) {
  const companies = new Map();
  const alone = [];
  for (const person of people.filter((one) => one.on)) {
    const participant = { name: person.name.trim(), email: person.email.trim(), signatory: person.role === "signatory" };
    if (person.phone) participant.phone_number = person.phone;
    const company = person.company.trim();
    if (company) companies.set(company, [...(companies.get(company) || []), participant]);
    else alone.push({ type: "individual", participant });
  }
  return [...[...companies].map(([name, participants]) => ({ type: "company", name, participants })), ...alone];
}

export function People({ people, tried, onChange }) {
  const change = (key, part) => onChange(people.map((one) => (one.key === key ? { ...one, ...part } : one)));
  return html`<fieldset class="people">
    <legend class="strong">${t("w.parties")}</legend>
    ${!people.length && html`<p class="quiet small">${t("w.no_contacts")}</p>`}
    ${people.map((one) => html`<${Person} key=${one.key} person=${one} tried=${tried} onChange=${(part) => change(one.key, part)} onRemove=${() => onChange(people.filter((other) => other !== one))} />`)}
    ${!people.some((one) => one.on) && html`<${Message} kind="warn">${t("w.nobody")}<//>`}
    <div><${Button} kind="small" icon="add" onPress=${() => onChange([...people, byHand(people.length)])}>${t("w.add_person")}<//></div>
  </fieldset>`;
}

function Person({ person, tried, onChange, onRemove }) {
  const wrong = tried || !person.hand ? wrongWith(person) : null;
  const id = `p-${person.key}`;
  const text = (name, label) => html`<input
    class="input grow"
    aria-label=${label}
    placeholder=${label}
    autocomplete="off"
    aria-invalid=${wrong?.field === name ? "true" : undefined}
    aria-describedby=${wrong?.field === name ? id : undefined}
    value=${person[name]}
    onInput=${(event) => onChange({ [name]: event.currentTarget.value })}
  />`;
  const who = person.hand
    ? html`<span class="hand grow">${text("name", t("w.person_name"))}${text("email", t("w.person_email"))}${text("company", t("w.person_company"))}</span>`
    : html`<label class="check grow">
        <input type="checkbox" checked=${person.on} aria-describedby=${wrong ? id : undefined} onChange=${(event) => onChange({ on: event.currentTarget.checked })} />
        <span class="wrap"><span class="strong">${person.name}</span><span class="quiet small"> ${[person.company, person.email].filter(Boolean).join(" · ")}</span></span>
      </label>`;
  const roles = ["signatory", "viewer"].map((value) => ({ value, label: t(`w.role.${value}`) }));
  return html`<div class="person">
    ${who}
    <span class="end">${person.on && html`<${Select} aria-label=${t("w.role_of", { name: person.name || t("w.person") })} options=${roles} value=${person.role} onChange=${(role) => onChange({ role })} />`}
    ${person.hand && html`<${Button} kind="subtle bare" icon="remove" aria-label=${t("w.remove_person", { name: person.name || t("w.person") })} onPress=${onRemove} />`}</span>
    ${wrong && html`<span class="problem" id=${id}>${wrong.text}</span>`}
  </div>`;
}

// Create contract: template, workspace, name, parties, and the values that will go.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { fieldKey, oneflowName, reason, t } from "../lib/words.js";
import { Button, Field, Message, ProblemMessage, Select, Stencils } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { fieldName } from "./changes.js";
import { freshKey } from "./habits.js";
import { fromContact, partiesOf, People, wrongWith } from "./parties.js";
import { Unclear } from "./unclear.js";

const LONGEST = 130; // https://developer.oneflow.com/docs/creating-a-contract

export function CreateDialog({ desk, record, name, onCreated, onLinked, onLost, onClose }) {
  const [lists, setLists] = useState(null);
  const [templates, setTemplates] = useState(null);
  const [wanted, setWanted] = useState({ workspace: "", template: "", name: name || record.name || "" });
  const [people, setPeople] = useState([]);
  const [preview, setPreview] = useState(null);
  const [state, setState] = useState({});
  const key = useRef(freshKey());
  const failed = (problem) => setState({ problem });
  const load = async () => {
    setState({});
    try {
      const [workspaces, contacts] = await Promise.all([desk.workspaces(), desk.contacts()]);
      setPeople(contacts.map(fromContact));
      setLists({ workspaces });
      setWanted((before) => ({ ...before, workspace: String(workspaces[0]?.id ?? "") }));
    } catch (problem) {
      failed(problem);
    }
  };
  useEffect(() => void load(), []);
  useEffect(() => {
    if (!wanted.workspace) return undefined;
    let current = true;
    setTemplates(null);
    desk.templates(wanted.workspace).then((found) => {
      if (!current) return;
      setTemplates(found);
      setWanted((before) => ({ ...before, template: String(found[0]?.id ?? "") }));
    }, failed);
    return () => (current = false);
  }, [wanted.workspace]);
  useEffect(() => {
    setPreview(null);
    if (!wanted.template) return undefined;
    let current = true;
    const shown = (found) => current && setPreview(found);
    desk.previewNew(wanted.template, wanted.workspace).then((plan) => shown({ plan }), (problem) => shown({ problem }));
    return () => (current = false);
  }, [wanted.template]);
  const choose = (part) => {
    key.current = freshKey(); // another contract than the one that may be on its way
    setWanted((before) => ({ ...before, ...part }));
  };
  const nameless = !wanted.name.trim();
  const create = async () => {
    if (nameless || !wanted.template || people.some(wrongWith)) return setState({ tried: true });
    setState({ busy: true });
    try {
      const contract = {
        template_id: Number(wanted.template),
        workspace_id: Number(wanted.workspace),
        name: wanted.name.trim(),
        parties: partiesOf(people),
        idempotency_key: key.current,
      };
      return onCreated(await desk.create(contract), contract);
    } catch (problem) {
      if (await isLookedFor(desk, wanted.name.trim())) return onLost();
      return setState({ problem, unclear: problem.body.candidates && (await urls(desk, problem.body.candidates)), tried: true });
    }
  };
  const anyway = () => {
    key.current = freshKey();
    return create();
  };
  const foot = [
    html`<${Button} off=${state.busy} onPress=${onClose}>${t("cancel")}<//>`,
    html`<${Button} kind="primary" icon="add" type="submit" busy=${state.busy} off=${!wanted.template} onPress=${(event) => (event.preventDefault(), create())}>
      ${t(state.busy ? "w.creating" : "w.create_yes")}
    <//>`,
  ];
  return html`<${Dialog} title=${t("w.create")} broad=${true} busy=${state.busy} foot=${foot} onClose=${onClose} onSubmit=${create}>
    ${!lists && !state.problem && html`<${Stencils} count=${4}><div class="stencil tall" /><//>`}
    ${lists && !lists.workspaces.length && html`<${Message} kind="warn">${t("w.no_workspaces")}<//>`}
    ${lists?.workspaces.length > 0 &&
    html`<div class="two">
        <${Field} label=${t("w.workspace")}>
          ${(ties) => html`<${Select} ...${ties} options=${options(lists.workspaces)} value=${wanted.workspace} onChange=${(workspace) => choose({ workspace, template: "" })} />`}
        <//>
        <${Field} label=${t("w.template")} problem=${templates && !templates.length && t("w.no_templates")}>
          ${(ties) => html`<${Select} ...${ties} disabled=${!templates?.length} options=${options(templates || [])} value=${wanted.template} onChange=${(template) => choose({ template })} />`}
        <//>
      </div>
      <${Field} label=${t("w.name")} problem=${state.tried && nameless && t("w.name_missing")}>
        ${(ties) => html`<input ...${ties} class="input" required maxlength=${LONGEST} value=${wanted.name} onInput=${(event) => choose({ name: event.currentTarget.value })} />`}
      <//>
      <${People} people=${people} tried=${state.tried} onChange=${(now) => ((key.current = freshKey()), setPeople(now))} />
      <${Values} preview=${preview} />`}
    ${state.unclear && html`<${Unclear} one=${{ name: wanted.name, candidates: state.unclear }} desk=${desk} onLinked=${onLinked} onAnyway=${anyway} />`}
    ${state.problem && !state.unclear && html`<${ProblemMessage} problem=${state.problem} title=${lists && t("w.not_created")} onRetry=${lists ? undefined : load} />`}
  <//>`;
}

/** Whether the answer was lost, so that the list tells more than the problem does. */
async function isLookedFor(desk, name) {
  const { looked_for: lost } = await desk.cards().catch(() => ({}));
  return (lost || []).some((one) => one.name === name);
}

/** The candidates with their addresses, as the record's cards tell them. */
async function urls(desk, ids) {
  const { unclear } = await desk.cards().catch(() => ({ unclear: [] }));
  const known = unclear.flatMap((one) => one.candidates);
  return ids.map((id) => known.find((one) => one.contract_id === id) || { contract_id: id });
}

const options = (rows) => rows.map((row) => ({ value: String(row.id), label: row.name }));

/** What will stand in the contract, what is empty, and what cannot go, with the reason. */
function Values({ preview }) {
  if (!preview) return html`<${Stencils} count=${2}><div class="stencil" /><//>`;
  if (preview.problem) return html`<${ProblemMessage} problem=${preview.problem} />`;
  const { fields } = preview.plan;
  const going = fields.filter((field) => field.result === "written");
  const empty = fields.filter((field) => field.result === "unchanged");
  const left = fields.filter((field) => field.result === "skipped");
  return html`<section aria-labelledby="values">
    <h3 id="values">${t("w.values", { n: going.length })}</h3>
    ${going.length > 0 &&
    html`<dl class="values">
      ${going.map((field) => html`<div key=${fieldKey(field)}><dt class="quiet wrap">${oneflowName(field)}</dt><dd class="value">${field.to}</dd></div>`)}
    </dl>`}
    ${empty.length > 0 && html`<p class="quiet small wrap">${t("w.values_empty", { names: empty.map(fieldName).join(", ") })}</p>`}
    ${left.length > 0 &&
    html`<${Message} kind="warn" title=${t("w.values_left", { n: left.length })}>
      <ul>
        ${left.map((field) => html`<li key=${fieldKey(field)}>${fieldName(field)}: ${reason(field.reason, field.reason_code)}</li>`)}
      </ul>
    <//>`}
  </section>`;
}

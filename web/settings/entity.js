// One table's mapping: its two tabs over one draft, and the foot that saves or discards it.
import { html, useEffect, useMemo, useRef, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { t } from "../lib/words.js";
import { Button, Message, ProblemMessage, Stencils, useLoaded } from "../parts/basics.js";
import { Confirm } from "../parts/dialog.js";
import { Panel, Tabs } from "../parts/tabs.js";
import { useColumns } from "./columns.js";
import { Compare } from "./compare.js";
import { bodyOf, combined, draftOf, endingRows, sameDraft, unsettledRows } from "./draft.js";
import { Files } from "./file.js";
import { General } from "./general.js";
import { halfEmpty, problemsOf, refusedCells } from "./rules.js";
import { Saved } from "./saved.js";
import { FieldTable } from "./table.js";

const TABS = ["fields", "general"];

export function Entity({ api, entity, label, drafts, webhooks, tab, onTab, onDirty, onSaved }) {
  const route = `entities/${part(entity)}/mapping`;
  const [loaded, load] = useLoaded(
    () => Promise.all([api.get(route), api.get("oneflow/fields").catch((problem) => ({ fields: [], left_out: [], problem }))]),
    [entity],
  );
  const known = useColumns(api, entity, label);
  const kept = drafts.get(entity);
  const [base, setBase] = useState(kept?.base || null);
  const [draft, setDraft] = useState(kept?.draft || null);
  const [asked, setAsked] = useState(false);
  const [refused, setRefused] = useState({ rows: {}, others: [] });
  const [outcome, setOutcome] = useState(null); // {kind: "saved" | "failed" | "moved", ...}
  const [busy, setBusy] = useState(false);
  const [force, setForce] = useState(null); // what the app said of the saved mapping: {in_force, privileges, steps, reason}
  const [look, setLook] = useState(null); // {key}: the row that a person goes to
  const [discarding, setDiscarding] = useState(false);
  const [ending, setEnding] = useState(null); // what a save would end, while a person is asked
  const panel = useRef(null);

  const take = (mapping) => {
    const fresh = draftOf(mapping);
    setBase(fresh);
    setDraft(fresh);
    setAsked(false);
    setRefused({ rows: {}, others: [] });
    return fresh;
  };
  useEffect(() => {
    if (loaded.content) setForce(loaded.content[0]);
    if (loaded.content && !draft) take(loaded.content[0]);
  }, [loaded.content]);
  useEffect(() => draft && known.need(draft.rows.map((row) => row.dynamics_column)), [draft, known.related]);
  useEffect(() => {
    if (!["saved", "moved"].includes(outcome?.kind)) return;
    panel.current?.querySelector(".message")?.scrollIntoView({ block: "nearest" }); // the foot may be far from it
  }, [outcome]);

  const dirty = Boolean(draft && base && !sameDraft(draft, base));
  useEffect(() => {
    if (dirty) drafts.set(entity, { base, draft, dirty });
    else drafts.delete(entity);
    onDirty();
  }, [draft, base, dirty]);

  const problems = useMemo(
    () => (draft && known.all ? merged(problemsOf(draft, known.all, asked, known.comes), refused.rows) : {}),
    [draft, known.all, asked, refused],
  );
  if (!draft || !known.all) {
    const problem = loaded.problem || known.problem;
    const again = () => (loaded.problem ? load() : known.again());
    return html`<section class="card pad stack wide" aria-labelledby="entity" aria-busy=${problem ? undefined : "true"}>
      <h2 id="entity">${label}</h2>
      ${problem
        ? html`<${ProblemMessage} problem=${problem} title=${t("mapping.not_loaded")} onRetry=${again} />`
        : html`<${Waiting} />`}
    </section>`;
  }

  const edit = (change) => {
    setDraft((before) => ({ ...before, ...(typeof change === "function" ? change(before) : change) }));
    setRefused((before) => (Object.keys(before.rows).length || before.others.length ? { rows: {}, others: [] } : before));
    if (outcome?.kind !== "moved") setOutcome(null);
  };
  const empty = halfEmpty(draft);
  const wrong = draft.rows.filter((row) => problems[row.key] || empty.includes(row));
  const lookAtRows = () => {
    setAsked(true);
    onTab("fields");
    setLook({ key: wrong[0].key });
  };
  const save = async (etag = draft.etag, sure = false) => {
    if (wrong.length) return lookAtRows();
    setBusy(true);
    setOutcome(null);
    setEnding(null);
    try {
      const [body, headers] = [bodyOf(entity, draft), { "If-Match": etag || '""' }];
      if (!sure && (etag !== draft.etag || endingRows(base, draft).length)) {
        const told = (await api.put(`${route}?dry_run=true`, body, headers)).bases_end;
        if (told?.contracts) {
          setEnding({ ...told, etag });
          setBusy(false);
          return;
        }
      }
      const answer = await api.put(route, body, headers);
      const unsettled = unsettledRows(base, draft).length;
      take(answer);
      setForce(answer);
      setOutcome({ kind: "saved", answer, unsettled });
      onSaved();
    } catch (problem) {
      if (problem.status === 412) await moved();
      else {
        setRefused(problem.status === 422 ? refusedCells(problem.body.errors, draft, known.all) : { rows: {}, others: [] });
        setOutcome({ kind: "failed", problem });
      }
    }
    setBusy(false);
  };
  const moved = async () => {
    try {
      setOutcome({ kind: "moved", theirs: draftOf(await api.get(route)) });
    } catch (problem) {
      setOutcome({ kind: "failed", problem });
    }
  };
  const reloadTheirs = () => {
    setBase(outcome.theirs);
    setDraft(outcome.theirs);
    setOutcome(null);
  };
  const combine = () => {
    setDraft(combined(base, outcome.theirs, draft));
    setBase(outcome.theirs);
    setOutcome(null);
  };
  const on = TABS.includes(tab) ? tab : "fields";
  const waits = webhooks && !webhooks.error && !webhooks.on && draft.rows.some((row) => row.direction === "two_way");
  return html`<section class="card pad stack wide" aria-labelledby="entity" ref=${panel}>
    <div class="row apart">
      <h2 id="entity">${label}</h2>
      <${Files} ...${{ entity, label, draft, onTake: (rows) => edit(rows) }} />
    </div>
    <${Tabs} id="entity" label=${label} tabs=${TABS.map((name) => ({ name, label: t(`entity.${name}`) }))} on=${on} onChoose=${onTab} />
    ${outcome?.kind === "saved" && html`<${Saved} ...${outcome} onClose=${() => setOutcome(null)} />`}
    ${outcome?.kind === "moved" &&
    html`<${Compare}
      ...${{ base, theirs: outcome.theirs, mine: draft, busy, columns: known.all }}
      onReload=${reloadTheirs}
      onCombine=${combine}
      onOverwrite=${() => save(outcome.theirs.etag)}
    />`}
    ${force?.in_force === false && html`<${NotInForce} force=${force} />`}
    ${waits && html`<${Message}>${t("mapping.webhooks_off")}<//>`}
    <${Panel} id="entity" on=${on}>
      <fieldset class="plain" disabled=${busy}>
        ${on === "fields"
          ? html`<${FieldTable} ...${{ draft, edit, problems, known, catalog: loaded.content?.[1], label, look }} />`
          : html`<${General} ...${{ draft, edit, base }} />`}
      </fieldset>
    <//>
    ${outcome?.kind === "failed" &&
    (outcome.problem.status === 422
      ? refused.others.length > 0 && html`<${Message} kind="bad" title=${t("mapping.not_saved")}>${refused.others.join(" ")}<//>`
      : html`<${ProblemMessage} problem=${outcome.problem} title=${t("mapping.not_saved")} onRetry=${() => save()} />`)}
    <div class="save-foot">
      <${Button} kind="primary" busy=${busy} off=${!dirty || wrong.length > 0} onPress=${() => save()}>${t("mapping.save")}<//>
      ${wrong.length > 0 && html`<${Button} kind="link wrong-rows" icon="warn" onPress=${lookAtRows}>${t("mapping.wrong", { n: wrong.length })}<//>`}
      <${Button} off=${!dirty || busy} onPress=${() => setDiscarding(true)}>${t("mapping.discard")}<//>
      <span class="quiet" role="status">${busy ? t("mapping.saving") : dirty ? t("mapping.unsaved") : t("mapping.all_saved")}</span>
    </div>
    ${ending &&
    html`<${Confirm}
      title=${t("mapping.ends.title")}
      yes=${t("mapping.save")}
      onClose=${() => setEnding(null)}
      onYes=${() => save(ending.etag, true)}
    >
      <p>${t(ending.at_most ? "mapping.ends.at_most" : "mapping.ends", { n: ending.contracts })}</p>
      <p>${t("mapping.ends.then")}</p>
      <ul>
        ${ending.fields.map((one) => html`<li>${t("mapping.ends.field", { field: one.oneflow_field, n: one.contracts })}</li>`)}
      </ul>
    <//>`}
    ${discarding &&
    html`<${Confirm}
      title=${t("mapping.discard.title")}
      yes=${t("mapping.discard")}
      onClose=${() => setDiscarding(false)}
      onYes=${() => {
        setDiscarding(false);
        setDraft(base);
        setAsked(false);
        setOutcome(null);
        setRefused({ rows: {}, others: [] });
      }}
    >
      <p>${t("mapping.discard.about")}</p>
    <//>`}
  </section>`;
}

/** What the saved mapping lacks, and what mends it. */
function NotInForce({ force: { privileges, steps, reason } }) {
  const plain = !privileges.length && !steps.length;
  return html`<${Message} kind="warn" title=${t("force.title")}>
    ${plain
      ? reason
      : html`<ul class="plain-list">
            ${privileges.length > 0 && html`<li>${t("force.privileges", { names: privileges.join(", ") })}</li>`}
            ${steps.length > 0 && html`<li>${t("force.steps", { names: steps.join(", ") })}</li>`}
          </ul>
          <p>${t("force.mend")} <code>python -m cli connect</code></p>`}
  <//>`;
}

function merged(...all) {
  const whole = {};
  for (const rows of all) for (const [key, cells] of Object.entries(rows)) whole[key] = { ...whole[key], ...cells };
  return whole;
}

function Waiting() {
  return html`<${Stencils} count=${5}>
    <div class="stencil-row">
      <div class="stencil tall" />
      <div class="stencil" />
      <div class="stencil tall" />
      <div class="stencil tall" />
    </div>
  <//>`;
}

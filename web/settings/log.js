// The sync log: what was written and refused, over all contracts or one; and the jobs that were given up.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button, Field, ProblemMessage, Select, Stencils, useLoaded } from "../parts/basics.js";
import { Panel, Tabs } from "../parts/tabs.js";
import { DeadLetters } from "./dead-letters.js";
import { Entry } from "./entry.js";

const TABS = ["history", "dead"];
const KINDS = ["all", "written", "refused"];

/** `place`: ["log", "history" | "dead", contract, field], so that other pages can lead here. */
export function SyncLog({ api, place, go }) {
  const [dead, reloadDead] = useLoaded(() => api.all("dead-letters", "dead_letters"), []);
  const on = TABS.includes(place[1]) ? place[1] : "history";
  const labels = {
    history: t("log.history"),
    dead: dead.content?.length ? t("log.dead.count", { n: dead.content.length }) : t("log.dead"),
  };
  return html`<section class="card pad stack wide" aria-labelledby="log">
    <h2 id="log">${t("log.title")}</h2>
    <${Tabs}
      id="log"
      label=${t("log.title")}
      tabs=${TABS.map((name) => ({ name, label: labels[name] }))}
      on=${on}
      onChoose=${(name) => go("log", name)}
    />
    <${Panel} id="log" on=${on}>
      ${on === "history"
        ? html`<${History} api=${api} contract=${place[2]} field=${place[3]} />`
        : html`<${DeadLetters} api=${api} state=${dead} reload=${reloadDead} />`}
    <//>
  </section>`;
}

function History({ api, contract = "", field = "" }) {
  const [asked, setAsked] = useState({ contract, field, kind: "all" });
  const [typed, setTyped] = useState({ contract, field });
  const [state, load] = usePages(api, asked);
  const wrong = typed.contract && !/^\d{1,15}$/.test(typed.contract) ? t("log.contract.wrong") : "";
  const shown = state.entries
    .map((entry) => ({ ...entry, fields: entry.fields.filter((line) => fits(line, asked)) }))
    .filter((entry) => entry.fields.length || asked.kind === "all");
  const search = (event) => {
    event.preventDefault();
    if (!wrong) setAsked((before) => ({ ...before, ...typed }));
  };
  return html`<div class="stack wide">
    <form class="filters" role="search" onSubmit=${search}>
      <${Field} label=${t("log.contract")} problem=${wrong}>
        ${(tied) =>
          html`<input
            ...${tied}
            class="input"
            inputmode="numeric"
            value=${typed.contract}
            onInput=${(event) => setTyped({ ...typed, contract: event.currentTarget.value.trim() })}
          />`}
      <//>
      <${Field} label=${t("log.field")}>
        ${(tied) =>
          html`<input
            ...${tied}
            class="input"
            placeholder=${t("log.field.example")}
            value=${typed.field}
            onInput=${(event) => setTyped({ ...typed, field: event.currentTarget.value.trim() })}
          />`}
      <//>
      <${Field} label=${t("log.kind")}>
        ${(tied) =>
          html`<${Select}
            ...${tied}
            options=${KINDS.map((kind) => ({ value: kind, label: t(`log.kind.${kind}`) }))}
            value=${asked.kind}
            onChange=${(kind) => setAsked((before) => ({ ...before, kind }))}
          />`}
      <//>
      <${Button} type="submit" kind="primary" off=${Boolean(wrong)}>${t("log.search")}<//>
      <${Button} icon="refresh" kind="subtle" busy=${state.loading} onPress=${() => load(true)}>${t("refresh")}<//>
    </form>
    ${state.problem &&
    html`<${ProblemMessage} problem=${state.problem} title=${t("log.not_loaded")} onRetry=${() => load(true)} />`}
    ${state.loading &&
    !state.entries.length &&
    html`<${Stencils} count=${3}>
      <div class="entry stack"><div class="stencil half" /><div class="stencil" /><div class="stencil" /></div>
    <//>`}
    <p class="only-read" role="status">${state.loading ? "" : t("log.count", { n: shown.length })}</p>
    ${!state.loading &&
    !state.problem &&
    !shown.length &&
    html`<div class="empty">
      <h3>${t("log.none")}</h3>
      <p class="quiet">${state.next ? t("log.none.so_far") : t("log.none.about")}</p>
    </div>`}
    <div class="stack">
      ${shown.map(
        (entry) => html`<${Entry}
          key=${`${entry.contract_id}-${entry.entry_id}`}
          entry=${entry}
          onContract=${() => {
            const contract = String(entry.contract_id);
            setTyped({ ...typed, contract });
            setAsked({ ...asked, contract });
          }}
        />`,
      )}
    </div>
    ${state.next && html`<div><${Button} busy=${state.loading} onPress=${() => load(false)}>${t("show_more")}<//></div>`}
  </div>`;
}

/** All pages read so far of what is asked. `load(true)` starts anew. */
function usePages(api, { contract, field }) {
  const [state, setState] = useState({ entries: [], next: null, loading: true });
  const turn = useRef(0);
  const load = async (anew) => {
    const mine = ++turn.current;
    setState((before) => ({ ...before, loading: true, problem: null }));
    const query = new URLSearchParams();
    if (contract) query.set("contract_id", contract);
    if (field) query.set("field", field);
    if (!anew && state.next) query.set("next", state.next);
    try {
      const page = await api.get(`log?${query}`);
      if (mine !== turn.current) return;
      const entries = (before) => (anew ? page.entries : [...before.entries, ...page.entries]);
      setState((before) => ({ entries: entries(before), next: page.next, loading: false }));
    } catch (problem) {
      if (mine === turn.current) setState((before) => ({ ...before, loading: false, problem }));
    }
  };
  useEffect(() => {
    setState({ entries: [], next: null, loading: true });
    load(true);
  }, [contract, field]);
  return [state, load];
}

const REFUSED = new Set(["skipped", "failed", "conflict"]);

function fits(line, { kind, field }) {
  const wanted = field.toLowerCase();
  const names = [line.dynamics_column, line.oneflow_field].map((name) => (name || "").toLowerCase());
  if (wanted && !names.includes(wanted)) return false;
  if (kind === "written") return line.result === "written";
  if (kind === "refused") return REFUSED.has(line.result);
  return true;
}

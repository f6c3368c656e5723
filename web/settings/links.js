// The links that stand in one way: found, sorted, exported, and acted on together.
import { html, useEffect, useMemo, useRef, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { ago, moment, reason, t } from "../lib/words.js";
import { Announce, Badge, Button, Field, Message, ProblemMessage, Select, Stencils } from "../parts/basics.js";
import { overAll } from "../parts/side-by-side.js";
import { download } from "./download.js";
import { STANDINGS } from "./health.js";

const KINDS = { broken: "bad", paused: "warn", needs_decision: "warn", refused: "warn", waiting_for_push: "brand", in_step: "good" };
const ACTIONS = ["look", "fetch", "end_pause", "replay"];
const AT_ONCE = 50; // contracts of one request
const MOST_EXPORTED = 10000;
const COLUMNS = ["name", "record", "state", "status", "since"];
const CSV = ["contract_id", "name", "state", "entity", "record_id", "status", "since", "reason", "conflicts", "not_agreed", "refused", "waiting_for_push", "last_synced_at", "oneflow_url", "record_url"];

export function Links({ api, status, entity, entities, labels, go, onActed }) {
  const [q, setQ] = useState("");
  const [typed, setTyped] = useState("");
  const [state, load] = usePages(api, { status, entity, q });
  const [sort, setSort] = useState({ by: null, down: false });
  const [chosen, setChosen] = useState(new Set());
  const [work, setWork] = useState(null); // {action, done, all} while something runs
  const [said, setSaid] = useState(null); // {kind, title, reasons}
  const links = useMemo(() => sorted(state.links, sort), [state.links, sort]);
  const picked = links.filter((one) => chosen.has(one.contract_id));
  const toggle = (id, on) => setChosen((before) => new Set(on ? [...before, id] : [...before].filter((one) => one !== id)));
  const all = links.length > 0 && picked.length === links.length;

  const act = async (action) => {
    const ids = picked.map((one) => one.contract_id);
    const results = [];
    setSaid(null);
    setWork({ action, done: 0, all: ids.length });
    if (action === "fetch") {
      await overAll(
        ids,
        async (id) => {
          const one = await api.post(`contracts/${part(id)}/fetch`).then(
            (result) => ({ done: result.outcome !== "blocked", reason: result.reason }),
            (problem) => ({ done: false, reason: problem.detail || problem.title }),
          );
          results.push({ contract_id: id, ...one });
        },
        (done) => setWork({ action, done, all: ids.length }),
      );
    } else {
      for (let at = 0; at < ids.length; at += AT_ONCE) {
        const some = ids.slice(at, at + AT_ONCE);
        try {
          results.push(...(await api.post("links/actions", { action, contract_ids: some })).results);
        } catch (problem) {
          results.push(...some.map((id) => ({ contract_id: id, done: false, reason: problem.detail || problem.title })));
        }
        setWork({ action, done: Math.min(at + AT_ONCE, ids.length), all: ids.length });
      }
    }
    setWork(null);
    setChosen(new Set());
    const done = results.filter((one) => one.done).length;
    const failed = results.filter((one) => !one.done && one.reason);
    setSaid({ kind: failed.length ? "warn" : "good", title: t(`links.did.${action}`, { n: done }), failed });
    load(true);
    onActed();
  };
  const exported = async () => {
    setWork({ action: "export", done: 0, all: 0 });
    const found = [...state.links];
    let next = state.next;
    try {
      while (next && found.length < MOST_EXPORTED) {
        const page = await api.get(address({ status, entity, q }, next));
        found.push(...page.links);
        next = page.next;
        setWork({ action: "export", done: found.length, all: 0 });
      }
      download("oneflow-links.csv", csv(found), "text/csv");
      if (next) setSaid({ kind: "warn", title: t("links.export_part", { n: found.length }), failed: [] });
    } catch (problem) {
      setSaid({ kind: "bad", title: t("links.not_exported"), failed: [{ contract_id: "", reason: problem.detail || problem.title }] });
    }
    setWork(null);
  };
  const search = (event) => {
    event.preventDefault();
    setChosen(new Set());
    setQ(typed.trim());
  };
  const options = (names, label) => [{ value: "", label: t("links.all") }, ...names.map((one) => ({ value: one, label: label(one) }))];
  const head = (name) => html`<th scope="col" aria-sort=${sort.by === name ? (sort.down ? "descending" : "ascending") : undefined} key=${name}>
    <button type="button" class="button link small sorts" onClick=${() => setSort((before) => ({ by: name, down: before.by === name && !before.down }))}>
      ${t(`links.${name}`)}${sort.by === name && html`<span aria-hidden="true">${sort.down ? " ↓" : " ↑"}</span>`}
    </button>
  </th>`;
  return html`<section class="card pad stack" aria-labelledby="links">
    <h2 id="links">${status ? t("links.of", { standing: t(`standing.${status}`) }) : t("links.title")}</h2>
    <form class="filters" role="search" onSubmit=${search}>
      <${Field} label=${t("links.status")}>
        ${(tied) => html`<${Select} ...${tied} options=${options(STANDINGS, (one) => t(`standing.${one}`))} value=${status} onChange=${(one) => go("health", one || "all", entity || undefined)} />`}
      <//>
      <${Field} label=${t("health.entity")}>
        ${(tied) => html`<${Select} ...${tied} options=${options(entities, (one) => labels.get(one) || one)} value=${entity} onChange=${(one) => go("health", status || "all", one || undefined)} />`}
      <//>
      <${Field} label=${t("links.search")}>
        ${(tied) => html`<input ...${tied} class="input" type="search" value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} />`}
      <//>
      <${Button} type="submit" kind="primary">${t("log.search")}<//>
      <${Button} icon="fetch" kind="subtle" busy=${work?.action === "export"} off=${work || !links.length} onPress=${exported}>${t("links.export")}<//>
    </form>
    <div class="row actions" role="group" aria-label=${t("links.actions")}>
      <span class="quiet small">${t("links.chosen", { n: picked.length })}</span>
      ${ACTIONS.map((one) => html`<${Button} key=${one} kind="small" busy=${work?.action === one} off=${!picked.length || work || isRefused(one, picked)} onPress=${() => act(one)}>${t(`links.do.${one}`)}<//>`)}
    </div>
    ${work && work.all > 0 && html`<progress class="progress" value=${work.done} max=${work.all} aria-label=${t(`links.do.${work.action}`)} />`}
    ${said &&
    html`<${Message} kind=${said.kind} title=${said.title} onClose=${() => setSaid(null)}>
      ${said.failed.length > 0 &&
      html`<ul class="plain-list">${said.failed.slice(0, 10).map((one) => html`<li key=${one.contract_id}>${one.contract_id && `${t("w.nameless", { id: String(one.contract_id) })}: `}${reason(one.reason)}</li>`)}</ul>`}
    <//>`}
    ${state.problem && html`<${ProblemMessage} problem=${state.problem} title=${t("links.not_loaded")} onRetry=${() => load(true)} />`}
    ${state.loading && !links.length && html`<${Stencils} count=${4}><div class="stencil tall" /><//>`}
    ${!state.loading && !state.problem && !links.length && html`<div class="empty"><h3>${t("links.none")}</h3><p class="quiet">${state.next ? t("links.none.so_far") : t("links.none.about")}</p></div>`}
    ${links.length > 0 &&
    html`<div class="scroll" tabindex="0" role="region" aria-label=${t("links.table")}>
      <table class="links">
        <thead>
          <tr>
            <th scope="col"><input type="checkbox" aria-label=${t("links.choose_all")} checked=${all} onChange=${(event) => setChosen(new Set(event.currentTarget.checked ? links.map((one) => one.contract_id) : []))} /></th>
            ${COLUMNS.map(head)}
          </tr>
        </thead>
        <tbody>
          ${links.map((one) => html`<${Row} key=${one.contract_id} link=${one} labels=${labels} on=${chosen.has(one.contract_id)} onToggle=${(on) => toggle(one.contract_id, on)} />`)}
        </tbody>
      </table>
    </div>`}
    ${state.next && html`<div><${Button} busy=${state.loading} onPress=${() => load(false)}>${t("show_more")}<//></div>`}
    <${Announce} text=${state.loading ? "" : t("links.count", { n: links.length })} />
  </section>`;
}

function Row({ link, labels, on, onToggle }) {
  const name = link.name || t("w.nameless", { id: String(link.contract_id) });
  return html`<tr>
    <td><input type="checkbox" aria-label=${t("links.choose", { name })} checked=${on} onChange=${(event) => onToggle(event.currentTarget.checked)} /></td>
    <th scope="row" class="wrap"><a href=${link.oneflow_url} target="_blank" rel="noopener noreferrer">${name}</a><span class="quiet small">${String(link.contract_id)}</span></th>
    <td><a href=${link.record_url} target="_blank" rel="noopener noreferrer" aria-label=${t("links.record_of", { name })}>${labels.get(link.entity) || link.entity}</a></td>
    <td>${t(`state.${link.state}`)}</td>
    <td><${Badge} kind=${KINDS[link.status]}>${t(`standing.${link.status}`)}<//>${link.reason && html`<span class="quiet small wrap">${reason(link.reason)}</span>`}<${Counts} link=${link} /></td>
    <td>${link.since ? html`<time datetime=${link.since} title=${moment(link.since)}>${ago(link.since)}</time>` : "–"}</td>
  </tr>`;
}

function Counts({ link }) {
  const said = ["conflicts", "not_agreed", "refused", "waiting_for_push"].filter((name) => link[name] > 0).map((name) => t(`links.fields.${name}`, { n: link[name] }));
  return said.length ? html`<span class="quiet small">${said.join(" · ")}</span>` : null;
}

/** Known to be in vain: a pause that none of them has. */
const isRefused = (action, picked) => action === "end_pause" && !picked.some((one) => one.status === "paused");

function sorted(links, { by, down }) {
  if (!by) return links;
  const key = { name: (one) => one.name.toLowerCase(), record: (one) => `${one.entity} ${one.record_id}`, state: (one) => one.state, status: (one) => STANDINGS.indexOf(one.status), since: (one) => one.since || "" }[by];
  const order = [...links].sort((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0));
  return down ? order.reverse() : order;
}

function address({ status, entity, q }, next) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ status, entity, q, next })) if (value) query.set(name, value);
  return `links?${query}`;
}

/** All pages read so far of what is asked. `load(true)` starts anew. */
function usePages(api, asked) {
  const [state, setState] = useState({ links: [], next: null, loading: true });
  const turn = useRef(0);
  const load = async (anew) => {
    const mine = ++turn.current;
    setState((before) => ({ ...before, loading: true, problem: null }));
    try {
      const page = await api.get(address(asked, anew ? null : state.next));
      if (mine !== turn.current) return;
      setState((before) => ({ links: anew ? page.links : [...before.links, ...page.links], next: page.next, loading: false }));
    } catch (problem) {
      if (mine === turn.current) setState((before) => ({ ...before, loading: false, problem }));
    }
  };
  useEffect(() => {
    setState({ links: [], next: null, loading: true });
    load(true);
  }, [asked.status, asked.entity, asked.q]);
  return [state, load];
}

/** A spreadsheet takes what begins like a formula for one: an apostrophe keeps it a text. */
function csv(links) {
  const cell = (value) => {
    const text = String(value ?? "");
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  return [CSV.join(","), ...links.map((one) => CSV.map((name) => cell(one[name])).join(","))].join("\r\n") + "\r\n";
}

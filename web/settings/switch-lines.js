// The lines of a plan, by what was found: chosen by a person, compared side by side.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { reason, t } from "../lib/words.js";
import { Announce, Badge, Button, Field, Message, ProblemMessage, Stencils, useLoaded } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { toldOf } from "./link-rules.js";

const FOUND = { sure: "good", suggested: "brand", several: "warn", no_right: "bad", owned: "warn" };
const MAY_BE_CHOSEN = new Set(["sure", "suggested", "several"]);
const AGREEMENTS = { agrees: "good", differs: "warn", left: "" };

export function SwitchLines({ api, plan, route, labels, choices }) {
  const isLink = plan.kind === "link";
  const [kind, setKind] = useState(null);
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  const [state, load, all] = usePages(api, route, { kind, q });
  const [compared, setCompared] = useState(null);
  const locked = plan.stand === "running" || plan.doing === "find" && plan.stand !== "done";
  const free = state.lines.filter((one) => mayBeChosen(one));
  const choose = (line, on) => {
    // One contract, one record: another candidate of it is let go of.
    const others = on && line.finding === "several" ? state.lines.filter((one) => one.contract_id === line.contract_id && one.line !== line.line && choices.isOn(one)) : [];
    choices.set([...others, line], (one) => one.line === line.line && on);
  };
  const chooseAll = async () => choices.set((await all()).filter((one) => mayBeChosen(one) && one.finding !== "several"), true);
  const search = (event) => {
    event.preventDefault();
    setQ(typed.trim());
  };
  return html`<div class="stack">
    <div class="row kinds" role="group" aria-label=${t("switch.found")}>
      <${Kind} on=${kind === null} label=${t("links.all")} n=${Object.values(plan.counts).reduce((sum, n) => sum + n, 0)} onPress=${() => setKind(null)} />
      ${Object.entries(plan.counts)
        .filter(([, n]) => n > 0)
        .map(([name, n]) => html`<${Kind} key=${name} on=${kind === name} label=${t(`switch.${plan.kind}.kind.${name}`)} n=${n} onPress=${() => setKind(name)} />`)}
    </div>
    ${kind && html`<p class="quiet">${t(`switch.${plan.kind}.kind.${kind}.about`)}</p>`}
    <form class="filters" role="search" onSubmit=${search}>
      <${Field} label=${t("switch.search")}>
        ${(tied) => html`<input ...${tied} class="input" type="search" value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} />`}
      <//>
      <${Button} type="submit">${t("log.search")}<//>
      ${kind === "suggested" && free.length > 0 && html`<${Button} kind="subtle" off=${locked} onPress=${chooseAll}>${t("switch.choose_all", { n: plan.counts.suggested })}<//>`}
    </form>
    ${state.problem && html`<${ProblemMessage} problem=${state.problem} title=${t("switch.lines_not_loaded")} onRetry=${() => load(true)} />`}
    ${state.loading && !state.lines.length && html`<${Stencils} count=${4}><div class="stencil tall" /><//>`}
    ${!state.loading && !state.problem && !state.lines.length && html`<div class="empty"><h3>${t("links.none")}</h3><p class="quiet">${state.next ? t("links.none.so_far") : t("switch.no_line")}</p></div>`}
    ${state.lines.length > 0 &&
    html`<div class="scroll" tabindex="0" role="region" aria-label=${t("switch.table")}>
      <table class="links">
        <thead>
          <tr>
            <th scope="col"><span class="only-read">${t("switch.chosen")}</span></th>
            <th scope="col">${t("links.name")}</th>
            <th scope="col">${t(isLink ? "links.record" : "switch.both")}</th>
            <th scope="col">${t(isLink ? "switch.found" : "settle.way")}</th>
            <th scope="col">${t(isLink ? "switch.fields_shown" : "switch.kept")}</th>
            <th scope="col"><span class="only-read">${t("switch.compare")}</span></th>
          </tr>
        </thead>
        <tbody>
          ${state.lines.map((line) => {
            const name = line.contract || t("w.nameless", { id: String(line.contract_id) });
            return html`<tr key=${line.line}>
              <td>
                ${mayBeChosen(line) &&
                html`<input type="checkbox" disabled=${locked} aria-label=${isLink ? t("switch.choose", { name, record: line.record || line.record_id }) : t("switch.choose_field", { name, field: line.oneflow_field })} checked=${choices.isOn(line)} onChange=${(event) => choose(line, event.currentTarget.checked)} />`}
              </td>
              <th scope="row" class="wrap">${name}<span class="quiet small">${String(line.contract_id)}${line.state ? ` · ${t(`state.${line.state}`)}` : ""}</span></th>
              ${isLink ? html`<${LinkCells} ...${{ line, plan, labels }} />` : html`<${SettleCells} line=${line} />`}
              <td>
                ${line.record_id && line.finding !== "linked" &&
                html`<${Button} kind="small" aria-label=${isLink ? t("switch.compare_of", { name, record: line.record || line.record_id }) : t("switch.values_of", { name, field: line.oneflow_field })} onPress=${() => setCompared(line)}>${t(isLink ? "switch.compare" : "switch.values")}<//>`}
              </td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`}
    ${state.next && html`<div><${Button} busy=${state.loading} onPress=${() => load(false)}>${t("show_more")}<//></div>`}
    ${compared && html`<${Compared} ...${{ api, route, plan }} line=${compared} onClose=${() => setCompared(null)} />`}
    <${Announce} text=${state.loading ? "" : t("switch.lines", { n: state.lines.length })} />
  </div>`;
}

const mayBeChosen = (line) => (line.finding ? MAY_BE_CHOSEN.has(line.finding) : line.keep !== "");

const Kind = ({ on, label, n, onPress }) => html`<button type="button" class=${`button ${on ? "on" : ""}`} aria-pressed=${on ? "true" : "false"} onClick=${onPress}>${t("switch.count", { label, n })}</button>`;

function LinkCells({ line, plan, labels }) {
  const counts = ["agrees", "differs", "left"].filter((one) => line[one] > 0).map((one) => t(`switch.${one}`, { n: line[one] }));
  const why = line.finding === "owned" ? t("switch.owned.why") : reason(line.why);
  return html`
    <td>${line.record_id ? html`<span class="wrap">${line.record || labels.get(line.entity) || line.entity}</span><span class="quiet small wrap">${line.record ? labels.get(line.entity) || line.entity : line.record_id}</span>` : "–"}</td>
    <td>
      <${Badge} kind=${FOUND[line.finding] || ""}>${t(`switch.link.kind.${line.finding}`)}<//>
      ${line.rule && html`<span class="quiet small wrap">${toldOf(plan.rules.rules, line.rule, labels)}</span>`}
      ${why && line.finding !== "linked" && html`<span class="quiet small wrap">${why}</span>`}
    </td>
    <td>${counts.length ? counts.join(" · ") : "–"}${line.first_look_writes > 0 && html`<span class="quiet small">${t("switch.first_look", { n: line.first_look_writes })}</span>`}</td>
  `;
}

function SettleCells({ line }) {
  return html`
    <td><span class="wrap">${line.oneflow_field}</span><span class="quiet small wrap">${line.dynamics_column}</span></td>
    <td>${t(`settle.${line.rule}`)}</td>
    <td>
      ${line.keep ? html`<${Badge} kind="brand">${t(`switch.settle.kind.${line.keep}`)}<//>` : html`<${Badge}>${t("switch.settle.kind.left")}<//>`}
      ${line.why && html`<span class="quiet small wrap">${reason(line.why, line.why_code)}</span>`}
    </td>
  `;
}

/** Both sides of a line, read as the person who looks. */
function Compared({ api, route, plan, line, onClose }) {
  const [state, reload] = useLoaded(() => api.get(`${route}/lines/${part(line.line)}`), [line.line]);
  const found = state.content;
  return html`<${Dialog} broad title=${t("switch.side_by_side", { name: line.contract || String(line.contract_id) })} onClose=${onClose} onSubmit=${onClose} foot=${html`<${Button} kind="primary" type="submit">${t("close")}<//>`}>
    ${!found && state.problem && html`<${ProblemMessage} problem=${state.problem} onRetry=${reload} />`}
    ${!found && !state.problem && html`<${Stencils} count=${4}><div class="stencil" /><//>`}
    ${found && !found.values && html`<${Message} kind="warn" title=${t("switch.no_values")}>${reason(found.why)}<//>`}
    ${found?.changed && html`<${Message} kind="warn">${t("switch.changed")}<//>`}
    ${found?.fields.length > 0 &&
    html`<div class="scroll" tabindex="0" role="region" aria-label=${t("switch.compared")}>
      <table>
        <thead>
          <tr><th scope="col">${t("switch.field")}</th><th scope="col">${t("side.oneflow")}</th><th scope="col">${t("side.dynamics")}</th><th scope="col">${t("switch.agreement.head")}</th></tr>
        </thead>
        <tbody>
          ${found.fields.map(
            (one) => html`<tr key=${one.oneflow_field}>
              <th scope="row" class="wrap">${one.oneflow_field}<span class="quiet small">${one.dynamics_column}</span></th>
              <td class="value">${found.values && !one.reason ? one.oneflow : "…"}</td>
              <td class="value">${found.values && !one.reason ? one.dynamics : "…"}</td>
              <td><${Badge} kind=${AGREEMENTS[one.agreement]}>${t(`switch.agreement.${one.agreement}`)}<//>${one.reason && html`<span class="quiet small">${reason(one.reason, one.reason_code)}</span>`}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`}
    ${found && plan.kind === "link" && html`<p>${found.first_look_writes ? t("switch.first_look", { n: found.first_look_writes }) : t("switch.first_look.none")}</p>`}
  <//>`;
}

/** [state, load(anew), all()]: pages read so far; `all` reads the rest of them and gives every line. */
function usePages(api, route, { kind, q }) {
  const [state, setState] = useState({ lines: [], next: null, loading: true });
  const turn = useRef(0);
  const address = (next) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ kind, q, next })) if (value) query.set(name, value);
    return `${route}/lines?${query}`;
  };
  const load = async (anew) => {
    const mine = ++turn.current;
    setState((before) => ({ ...before, loading: true, problem: null }));
    try {
      const page = await api.get(address(anew ? null : state.next));
      if (mine !== turn.current) return;
      setState((before) => ({ lines: anew ? page.lines : [...before.lines, ...page.lines], next: page.next, loading: false }));
    } catch (problem) {
      if (mine === turn.current) setState((before) => ({ ...before, loading: false, problem }));
    }
  };
  const all = async () => {
    const lines = [...state.lines];
    let { next } = state;
    while (next) {
      const page = await api.get(address(next));
      lines.push(...page.lines);
      ({ next } = page);
    }
    return lines;
  };
  useEffect(() => {
    setState({ lines: [], next: null, loading: true });
    load(true);
  }, [kind, q]);
  return [state, load, all];
}

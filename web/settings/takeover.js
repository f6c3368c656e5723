// Template types of Oneflow's own app: taken over by who confirms that its two-way sync is off, and closed again.
import { html, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { ago, moment, personName, t } from "../lib/words.js";
import { Announce, Badge, Button, ProblemMessage, Stencils, useLoaded } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";

const LOOKS = ["one", "two", "three"];

export function Takeover({ api, go }) {
  const [state, reload] = useLoaded(() => api.all("switch-over/template-types", "template_types"), []);
  const [asking, setAsking] = useState(null);
  const [busy, setBusy] = useState(null);
  const [problem, setProblem] = useState(null);
  const [told, setTold] = useState("");
  const act = async (type, work, said) => {
    setBusy(type.id);
    setProblem(null);
    try {
      await work();
      setTold(said);
    } catch (found) {
      setProblem(found);
    }
    await reload();
    setBusy(null);
  };
  const route = (type) => `switch-over/template-types/${part(type.id)}`;
  const open = (type) => {
    setAsking(null);
    act(type, () => api.put(route(type), { two_way_is_off: true }), t("takeover.opened", { name: type.name }));
  };
  const close = (type) => act(type, () => api.del(route(type)), t("takeover.closed_now", { name: type.name }));
  const types = state.content;
  return html`<div class="stack wide">
    <p>${t("takeover.about")}</p>
    ${problem && html`<${ProblemMessage} problem=${problem} title=${t("takeover.not_done")} onClose=${() => setProblem(null)} />`}
    ${!types && state.problem && html`<${ProblemMessage} problem=${state.problem} title=${t("takeover.not_loaded")} onRetry=${reload} />`}
    ${!types && !state.problem && html`<${Stencils} count=${2}><div class="stencil tall" /><//>`}
    ${types && !types.length && html`<div class="empty"><h3>${t("takeover.none")}</h3><p class="quiet">${t("takeover.none.about")}</p></div>`}
    <ul class="lines letters">
      ${types?.map(
        (one) => html`<li key=${one.id} class="entry letter">
          <div class="grow stack">
            <span class="row">
              <span class="strong">${one.name || one.id}</span>
              <${Badge} kind=${one.opened_at ? "good" : ""}>${t(one.opened_at ? "takeover.open" : "takeover.closed")}<//>
            </span>
            <span class="quiet small">
              ${one.opened_at
                ? html`<time datetime=${one.opened_at} title=${moment(one.opened_at)}>${t("takeover.since", { who: personName(one.opened_by), when: ago(one.opened_at) })}</time>`
                : t("takeover.closed.about")}
            </span>
          </div>
          ${one.opened_at
            ? html`<${Button} busy=${busy === one.id} aria-label=${t("takeover.close_of", { name: one.name })} onPress=${() => close(one)}>${t("takeover.close")}<//>`
            : html`<${Button} kind="primary" busy=${busy === one.id} aria-label=${t("takeover.take_of", { name: one.name })} onPress=${() => setAsking(one)}>${t("takeover.take")}<//>`}
        </li>`,
      )}
    </ul>
    ${types?.some((one) => one.opened_at) &&
    html`<p class="quiet">${t("takeover.fight")} <button type="button" class="button link" onClick=${() => go("health", "paused")}>${t("takeover.fight.look")}</button></p>`}
    ${asking && html`<${Ask} type=${asking} onClose=${() => setAsking(null)} onYes=${() => open(asking)} />`}
    <${Announce} text=${told} />
  </div>`;
}

function Ask({ type, onClose, onYes }) {
  const [seen, setSeen] = useState(false);
  return html`<${Dialog}
    title=${t("takeover.ask", { name: type.name })}
    onClose=${onClose}
    onSubmit=${() => seen && onYes()}
    foot=${[
      html`<${Button} onPress=${onClose}>${t("cancel")}<//>`,
      html`<${Button} kind="primary" type="submit" off=${!seen}>${t("takeover.take")}<//>`,
    ]}
  >
    <div class="stack">
      <p>${t("takeover.ask.about")}</p>
      <p class="strong">${t("takeover.see")}</p>
      <ol class="plain-list">${LOOKS.map((one) => html`<li key=${one}>${t(`takeover.see.${one}`)}</li>`)}</ol>
      <label class="check">
        <input type="checkbox" checked=${seen} onChange=${(event) => setSeen(event.currentTarget.checked)} />
        <span>${t("takeover.confirm")}</span>
      </label>
    </div>
  <//>`;
}

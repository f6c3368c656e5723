// Jobs that were given up: why, how often, and another try.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { ago, moment, t } from "../lib/words.js";
import { Button, Message, ProblemMessage, Stencils, useLoaded } from "../parts/basics.js";
import { Confirm } from "../parts/dialog.js";

const LOOKS = [1, 2, 3, 5, 8]; // seconds after a replay at which the list is read again

export function DeadLetters({ api }) {
  const [state, reload] = useLoaded(() => api.all("dead-letters", "dead_letters"), []);
  const [busy, setBusy] = useState(null);
  const [problem, setProblem] = useState(null);
  const [asking, setAsking] = useState(null);
  const [told, setTold] = useState(null); // the letter that was replayed last
  const heading = useRef(null);
  const timers = useRef([]);
  const letters = state.content;
  useEffect(() => () => timers.current.forEach(clearTimeout), []);

  const act = async (letter, verb, route) => {
    setBusy(letter.id);
    setProblem(null);
    setTold(null);
    try {
      await api.ask(verb, route, verb === "POST" ? {} : undefined);
      if (verb === "POST") {
        setTold(letter);
        timers.current.forEach(clearTimeout);
        timers.current = LOOKS.map((seconds) => setTimeout(reload, seconds * 1000));
      }
    } catch (found) {
      setProblem(found);
    }
    await reload();
    setBusy(null);
    if (verb === "DELETE") heading.current?.focus();
  };
  const replay = (letter) => act(letter, "POST", `dead-letters/${part(letter.id)}/replay`);
  const discard = (letter) => {
    setAsking(null);
    act(letter, "DELETE", `dead-letters/${part(letter.id)}`);
  };
  const waiting = told && letters?.find((one) => one.id === told.id && one.count === told.count);
  const again = told && letters?.find((one) => one.id === told.id && one.count > told.count);
  return html`<div class="stack wide">
    <p class="quiet" tabindex="-1" ref=${heading}>${t("dead.about")}</p>
    ${problem && html`<${ProblemMessage} problem=${problem} title=${t("dead.not_done")} onClose=${() => setProblem(null)} />`}
    ${told &&
    letters &&
    (again
      ? html`<${Message} kind="warn" title=${t("dead.failed_again")} onClose=${() => setTold(null)}>${again.reason}<//>`
      : waiting
        ? html`<${Message} title=${t("dead.trying")} />`
        : html`<${Message} kind="good" title=${t("dead.gone")} onClose=${() => setTold(null)} />`)}
    ${!letters && state.problem && html`<${ProblemMessage} problem=${state.problem} title=${t("dead.not_loaded")} onRetry=${reload} />`}
    ${!letters && !state.problem && html`<${Stencils} count=${2}><div class="stencil tall" /><//>`}
    ${letters &&
    !letters.length &&
    html`<div class="empty"><h3>${t("dead.none")}</h3><p class="quiet">${t("dead.none.about")}</p></div>`}
    <ul class="lines letters">
      ${letters?.map(
        (letter) => html`<li key=${letter.id} class="entry letter">
          <div class="grow stack">
            <span class="row">
              <span class="strong">${letter.contract_id ? t("log.contract_named", { id: String(letter.contract_id) }) : t("dead.no_contract")}</span>
              <span class="quiet small">${letter.cause} · ${t("dead.times", { n: letter.count })} ·${" "}
                <time datetime=${letter.last_at} title=${moment(letter.last_at)}>${ago(letter.last_at)}</time></span>
            </span>
            <span class="wrap">${letter.reason}</span>
          </div>
          <div class="row">
            <${Button}
              kind="small"
              icon="refresh"
              busy=${busy === letter.id}
              aria-label=${t("dead.replay_of", { id: String(letter.contract_id ?? letter.id) })}
              onPress=${() => replay(letter)}
            >
              ${t("dead.replay")}
            <//>
            <${Button} kind="small" icon="remove" off=${busy === letter.id} aria-label=${t("dead.discard_of", { id: String(letter.contract_id ?? letter.id) })} onPress=${() => setAsking(letter)}>
              ${t("dead.discard")}
            <//>
          </div>
        </li>`,
      )}
    </ul>
    ${asking &&
    html`<${Confirm} title=${t("dead.discard.title")} yes=${t("dead.discard")} onClose=${() => setAsking(null)} onYes=${() => discard(asking)}>
      <p>${t("dead.discard.about")}</p>
    <//>`}
  </div>`;
}

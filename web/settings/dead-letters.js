// Jobs that were given up: why, how often, and another try.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { part } from "../lib/api.js";
import { ago, moment, t } from "../lib/words.js";
import { Button, Message, ProblemMessage, Stencils } from "../parts/basics.js";
import { Confirm } from "../parts/dialog.js";

const LOOKS = [1, 2, 3, 5, 8]; // seconds after a replay at which the list is read again
const ALL = "all";

/** `state` and `reload`: the list of dead letters, as the log loads it. */
export function DeadLetters({ api, state, reload }) {
  const [busy, setBusy] = useState(null);
  const [problem, setProblem] = useState(null);
  const [asking, setAsking] = useState(null);
  const [told, setTold] = useState(null); // the letters that were replayed last
  const heading = useRef(null);
  const timers = useRef([]);
  const letters = state.content;
  useEffect(() => () => timers.current.forEach(clearTimeout), []);

  const lookAgain = () => {
    timers.current.forEach(clearTimeout);
    timers.current = LOOKS.map((seconds) => setTimeout(reload, seconds * 1000));
  };
  const act = async (name, work) => {
    setBusy(name);
    setProblem(null);
    setTold(null);
    try {
      await work();
    } catch (found) {
      setProblem(found);
    }
    await reload();
    setBusy(null);
  };
  const replay = (all) =>
    act(all.length === 1 ? all[0].id : ALL, async () => {
      let failed = null; // one that cannot be replayed keeps none of the others back
      const put = [];
      for (const letter of all) {
        try {
          await api.post(`dead-letters/${part(letter.id)}/replay`);
          put.push(letter);
        } catch (found) {
          failed = found;
        }
      }
      if (put.length) setTold(put);
      lookAgain();
      if (failed) throw failed;
    });
  const discard = async (letter) => {
    setAsking(null);
    await act(letter.id, () => api.del(`dead-letters/${part(letter.id)}`));
    heading.current?.focus();
  };
  const known = new Map(letters?.map((one) => [one.id, one]));
  const left = told?.map((one) => [one, known.get(one.id)]).filter(([, now]) => now);
  const again = left?.filter(([before, now]) => now.count > before.count).map(([, now]) => now);
  return html`<div class="stack wide">
    <div class="row apart">
      <p class="quiet grow" tabindex="-1" ref=${heading}>${t("dead.about")}</p>
      ${letters?.length > 1 &&
      html`<${Button} kind="small" icon="refresh" busy=${busy === ALL} onPress=${() => replay(letters)}>${t("dead.replay_all")}<//>`}
    </div>
    ${problem && html`<${ProblemMessage} problem=${problem} title=${t("dead.not_done")} onClose=${() => setProblem(null)} />`}
    ${told && letters && html`<${Outcome} left=${left.length} again=${again} onClose=${() => setTold(null)} />`}
    ${!letters &&
    state.problem &&
    html`<${ProblemMessage} problem=${state.problem} title=${t("dead.not_loaded")} onRetry=${reload} />`}
    ${!letters && !state.problem && html`<${Stencils} count=${2}><div class="stencil tall" /><//>`}
    ${letters &&
    !letters.length &&
    html`<div class="empty"><h3>${t("dead.none")}</h3><p class="quiet">${t("dead.none.about")}</p></div>`}
    <ul class="lines letters">
      ${letters?.map(
        (letter) => html`<li key=${letter.id} class="entry letter">
          <div class="grow stack">
            <span class="row">
              <span class="strong">
                ${letter.contract_id ? t("log.contract_named", { id: String(letter.contract_id) }) : t("dead.no_contract")}
              </span>
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
              onPress=${() => replay([letter])}
            >
              ${t("dead.replay")}
            <//>
            <${Button}
              kind="small"
              icon="remove"
              off=${busy === letter.id}
              aria-label=${t("dead.discard_of", { id: String(letter.contract_id ?? letter.id) })}
              onPress=${() => setAsking(letter)}
            >
              ${t("dead.discard")}
            <//>
          </div>
        </li>`,
      )}
    </ul>
    ${asking &&
    html`<${Confirm}
      title=${t("dead.discard.title")}
      yes=${t("dead.discard")}
      onClose=${() => setAsking(null)}
      onYes=${() => discard(asking)}
    >
      <p>${t("dead.discard.about")}</p>
    <//>`}
  </div>`;
}

/** What became of a replay, as far as the list tells by now. */
function Outcome({ left, again, onClose }) {
  if (again.length) {
    return html`<${Message} kind="warn" title=${t("dead.failed_again", { n: again.length })} onClose=${onClose}>${again[0].reason}<//>`;
  }
  if (left) return html`<${Message} title=${t("dead.trying")} />`;
  return html`<${Message} kind="good" title=${t("dead.gone")} onClose=${onClose} />`;
}

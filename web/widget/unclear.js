// A creation whose end is not known: it is being looked for, or Oneflow has contracts that may be it, and a person says.
import { html, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button, Message, ProblemMessage } from "../parts/basics.js";

/** Its answer was lost a moment ago. */
export const LookedFor = ({ name }) => html`<${Message} title=${t("w.looked_for_title", { name })}>${t("w.looked_for")}<//>`;

/** `one`: {name, candidates: [{contract_id, oneflow_url}]}. */
export function Unclear({ one, desk, onLinked, onAnyway }) {
  const [state, setState] = useState({});
  const link = async (id) => {
    setState({ busy: id });
    try {
      await onLinked(await desk.link(id));
    } catch (problem) {
      setState({ problem });
    }
  };
  return html`<${Message} kind="warn" title=${t("w.unclear_title", { name: one.name })}
    actions=${html`<${Button} kind="small" icon="add" off=${state.busy} onPress=${onAnyway}>${t("w.unclear_anyway")}<//>`}
  >
    <p>${t("w.unclear")}</p>
    <ul class="candidates">
      ${one.candidates.map(({ contract_id: id, oneflow_url: url }) => html`<li key=${id} class="row apart">
          <a href=${url} target="_blank" rel="noopener">${t("w.nameless", { id: String(id) })}</a>
          <${Button} kind="small" icon="link" busy=${state.busy === id} off=${state.busy} aria-label=${t("w.unclear_link", { id: String(id) })} onPress=${() => link(id)}>${t("w.unclear_this")}<//>
        </li>`)}
    </ul>
    ${state.problem && html`<${ProblemMessage} problem=${state.problem} />`}
  <//>`;
}

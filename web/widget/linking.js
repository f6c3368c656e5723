// A contract that was made elsewhere gets a link here, or loses its link.
import { html, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button, Field, Message, ProblemMessage } from "../parts/basics.js";
import { Confirm, Dialog } from "../parts/dialog.js";

/** The contract's number out of what was typed: itself, or its address in Oneflow. */
export function contractNumber(typed) {
  const found = /(?:contracts|documents)\/(\d+)/.exec(typed) || /^\s*(\d{1,15})\s*$/.exec(typed);
  return found ? Number(found[1]) : null;
}

export function LinkDialog({ desk, onLinked, onClose }) {
  const [typed, setTyped] = useState("");
  const [state, setState] = useState({});
  const number = contractNumber(typed);
  const elsewhere = state.problem?.status === 409 && state.problem.body.record_id;
  const link = async (move) => {
    if (!number) return setState({ wrong: true });
    setState({ busy: true });
    try {
      const card = await desk.link(number, move);
      return onLinked(card);
    } catch (problem) {
      return setState({ problem });
    }
  };
  const yes = elsewhere ? t("w.move_yes") : t("w.link_yes");
  return html`<${Dialog}
    title=${t("w.link_title")}
    busy=${state.busy}
    onClose=${onClose}
    onSubmit=${() => link(elsewhere)}
    foot=${[
      html`<${Button} off=${state.busy} onPress=${onClose}>${t("cancel")}<//>`,
      html`<${Button} kind="primary" icon="link" type="submit" busy=${state.busy} onPress=${(event) => (event.preventDefault(), link(Boolean(elsewhere)))}>${yes}<//>`,
    ]}
  >
    <p>${t("w.link_about")}</p>
    <${Field} label=${t("w.link_field")} hint=${t("w.link_hint")} problem=${state.wrong && t("w.link_wrong")}>
      ${(ties) => html`<input ...${ties} class="input" autocomplete="off" value=${typed} onInput=${(event) => (setTyped(event.currentTarget.value), setState({}))} />`}
    <//>
    ${elsewhere && html`<${Message} kind="warn" title=${t("w.elsewhere_title")}>${t("w.elsewhere")}<//>`}
    ${state.problem && !elsewhere && html`<${ProblemMessage} problem=${state.problem} />`}
  <//>`;
}

export function UnlinkDialog({ card, desk, onUnlinked, onClose }) {
  const [problem, setProblem] = useState(null);
  const id = String(card.contract_id);
  const unlink = () => desk.unlink(card.contract_id).then(onUnlinked, setProblem);
  return html`<${Confirm} title=${t("w.unlink_title")} yes=${t("w.unlink")} danger=${true} onYes=${unlink} onClose=${onClose}>
    <p class="wrap">${t("w.unlink_about", { name: card.name || t("w.nameless", { id }), id })}</p>
    ${problem && html`<${ProblemMessage} problem=${problem} />`}
  <//>`;
}

/** The form holds edits that Dynamics does not have yet. */
export function SaveFirst({ action, host, onSaved, onClose }) {
  const [failed, setFailed] = useState(false);
  const save = () => host.save().then(onSaved, () => setFailed(true));
  return html`<${Confirm} title=${t("w.dirty_title")} yes=${t(`w.save_and_${action}`)} onYes=${save} onClose=${onClose}>
    <p>${t(`w.dirty_${action}`)}</p>
    ${failed && html`<${Message} kind="bad">${t("w.save_failed")}<//>`}
  <//>`;
}

// In Dynamics, where the page does not know where the app is: why, and who mends it.
import { html } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Message } from "./basics.js";

export function NoApp({ title, lacks }) {
  return html`<header class="page-head"><h1>${title}</h1></header>
    <${Message} kind="bad" title=${t(`no_app.${lacks}.title`)}>${t(`no_app.${lacks}`)}<//>`;
}

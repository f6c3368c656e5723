// The widget on a Dynamics form: the record's contracts in Oneflow.
import { html, render } from "../lib/preact.js";
import { start } from "../lib/start.js";
import { t } from "../lib/words.js";
import { Widget } from "./widget.js";

start().then((world) => {
  document.title = t("w.title");
  render(html`<${Widget} ...${world} />`, document.getElementById("app"));
});

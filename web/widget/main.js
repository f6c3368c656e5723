// The widget on a Dynamics form: the record's contracts in Oneflow.
import { html, render } from "../lib/preact.js";
import { start } from "../lib/start.js";
import { t } from "../lib/words.js";
import { NoApp } from "../parts/no-app.js";
import { Widget } from "./widget.js";

start().then((world) => {
  document.title = t("w.title");
  const shown = world.lacks ? html`<${NoApp} title=${t("w.title")} lacks=${world.lacks} />` : html`<${Widget} ...${world} />`;
  render(shown, document.getElementById("app"));
});

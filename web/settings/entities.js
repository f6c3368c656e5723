// Setup Entities: which tables contracts are created from, and the editor of the one that is open.
import { html, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button, Field, ProblemMessage, Select, Stencils, useLoaded } from "../parts/basics.js";
import { Dialog } from "../parts/dialog.js";
import { Icon } from "../parts/icons.js";
import { Entity } from "./entity.js";

/** `onSaved`: a mapping was saved, so that what is registered may not fit it any more. */
export function Entities({ api, place, go, drafts, webhooks, onSaved }) {
  const [state, reload] = useLoaded(() => api.get("entities"), []);
  const [adding, setAdding] = useState(false);
  const [, redraw] = useState(0);
  const { content, problem } = state;
  if (!content) {
    if (problem) return html`<${ProblemMessage} problem=${problem} title=${t("entities.not_loaded")} onRetry=${reload} />`;
    return html`<div class="split"><${Stencils} count=${3}><div class="stencil tall" /><//></div>`;
  }
  const labels = new Map([...content.available, ...content.entities].map((one) => [one.entity, one.label]));
  const started = [...drafts.keys()].filter((name) => content.available.some((one) => one.entity === name));
  const listed = [...content.entities, ...started.map((entity) => ({ entity, label: labels.get(entity), fields: 0 }))];
  const chosen = labels.has(place[1]) ? place[1] : listed[0]?.entity;
  if (chosen && !listed.some((one) => one.entity === chosen)) {
    listed.push({ entity: chosen, label: labels.get(chosen), fields: 0 });
  }
  const open = content.available.filter((one) => !listed.some((other) => other.entity === one.entity));
  return html`<div class="split">
    <nav class="card entities" aria-label=${t("entities.title")}>
      <ul>
        ${listed.map(
          (one) => html`<li key=${one.entity}>
            <button
              type="button"
              aria-current=${one.entity === chosen ? "true" : undefined}
              onClick=${() => go("entities", one.entity)}
            >
              <span class="grow">${one.label}</span>
              ${drafts.get(one.entity)?.dirty
                ? html`<span class="unsaved" title=${t("unsaved")}><span class="only-read">${t("unsaved")}</span></span>`
                : html`<span class="quiet small" title=${t("entities.mapped", { n: one.fields })}>${one.fields || ""}</span>`}
            </button>
          </li>`,
        )}
      </ul>
      <button type="button" class="add" onClick=${() => setAdding(true)}><${Icon} name="add" />${t("entities.add")}</button>
    </nav>
    ${chosen
      ? html`<${Entity}
          key=${chosen}
          ...${{ api, drafts, webhooks }}
          entity=${chosen}
          label=${labels.get(chosen)}
          tab=${place[1] === chosen ? place[2] : undefined}
          onTab=${(tab) => go("entities", chosen, tab)}
          onDirty=${() => redraw((turn) => turn + 1)}
          onSaved=${() => (reload(), onSaved())}
        />`
      : html`<section class="card pad empty">
          <h2>${t("entities.none")}</h2>
          <p class="quiet">${t("entities.none.about")}</p>
          <${Button} kind="primary" icon="add" onPress=${() => setAdding(true)}>${t("entities.add")}<//>
        </section>`}
    ${adding &&
    html`<${Add}
      open=${open}
      onClose=${() => setAdding(false)}
      onAdd=${(entity) => {
        setAdding(false);
        go("entities", entity);
      }}
    />`}
  </div>`;
}

function Add({ open, onAdd, onClose }) {
  const [entity, setEntity] = useState(open[0]?.entity);
  return html`<${Dialog}
    title=${t("entities.add")}
    onClose=${onClose}
    onSubmit=${() => entity && onAdd(entity)}
    foot=${[
      html`<${Button} onPress=${onClose}>${t("cancel")}<//>`,
      html`<${Button} kind="primary" type="submit" off=${!entity}>${t("entities.configure")}<//>`,
    ]}
  >
    ${open.length
      ? html`<${Field} label=${t("entities.which")} hint=${t("entities.which.about")}>
          ${(tied) =>
            html`<${Select}
              ...${tied}
              options=${open.map((one) => ({ value: one.entity, label: one.label }))}
              value=${entity}
              onChange=${setEntity}
            />`}
        <//>`
      : html`<p>${t("entities.all_added")}</p>`}
  <//>`;
}

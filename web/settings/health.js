// Health: how all links stand, what waits for a person, and what was carried lately.
import { html } from "../lib/preact.js";
import { moment, t } from "../lib/words.js";
import { Button, Message, ProblemMessage, Stencils, useLoaded } from "../parts/basics.js";
import { Charts } from "./charts.js";
import { Links } from "./links.js";

export const STANDINGS = ["broken", "paused", "needs_decision", "refused", "waiting_for_push", "in_step"];

/** `place`: ["health", status, entity], so that a count leads to its list. */
export function Health({ api, place, go }) {
  const [state, reload] = useLoaded(() => Promise.all([api.get("links/summary"), api.get("entities").catch(() => null)]), []);
  const status = STANDINGS.includes(place[1]) ? place[1] : "";
  const labels = new Map((state.content?.[1]?.entities || []).map((one) => [one.entity, one.label]));
  const known = state.content?.[0].entities.map((one) => one.entity) || [];
  return html`<div class="stack wide">
    <section class="card pad stack" aria-labelledby="standings">
      <div class="row apart">
        <h2 id="standings">${t("health.title")}</h2>
        <${Button} kind="subtle" icon="refresh" busy=${state.loading} onPress=${reload}>${t("refresh")}<//>
      </div>
      ${state.problem && html`<${ProblemMessage} problem=${state.problem} title=${t("health.not_loaded")} onRetry=${reload} />`}
      ${!state.content && !state.problem && html`<${Stencils} count=${2}><div class="stencil tall" /><//>`}
      ${state.content && html`<${Summary} summary=${state.content[0]} labels=${labels} status=${status} entity=${place[2]} go=${go} />`}
    </section>
    ${state.content &&
    known.length > 0 &&
    html`<${Links} key=${`${status}/${place[2] || ""}`} ...${{ api, status, labels, go }} entity=${known.includes(place[2]) ? place[2] : ""} entities=${known} onActed=${reload} />`}
    <${Charts} api=${api} />
  </div>`;
}

function Summary({ summary, labels, status, entity, go }) {
  const { entities, at_least: more, counted_at: counted } = summary;
  if (!entities.length) return html`<div class="empty"><h3>${t("health.none")}</h3><p class="quiet">${t("health.none.about")}</p></div>`;
  const decide = entities.reduce((sum, { counts }) => sum + counts.broken + counts.needs_decision + counts.refused, 0);
  return html`
    ${decide > 0 && html`<${Message} kind="warn" title=${t("health.need", { n: decide })} />`}
    <div class="scroll" tabindex="0" role="region" aria-label=${t("health.table")}>
      <table class="standings">
        <thead>
          <tr>
            <th scope="col">${t("health.entity")}</th>
            ${STANDINGS.map((one) => html`<th scope="col" class="number" key=${one}>${t(`standing.${one}`)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${entities.map(
            (one) => html`<tr key=${one.entity}>
              <th scope="row">${labels.get(one.entity) || one.entity}</th>
              ${STANDINGS.map((name) => {
                const n = one.counts[name];
                const text = more.includes(name) && n > 0 ? t("health.at_least", { n }) : t("health.count", { n });
                const here = status === name && (!entity || entity === one.entity);
                return html`<td class="number" key=${name}>
                  ${n > 0
                    ? html`<button
                        type="button"
                        class="button link"
                        aria-current=${here ? "true" : undefined}
                        aria-label=${`${labels.get(one.entity) || one.entity}, ${t(`standing.${name}`)}: ${text}`}
                        onClick=${() => go("health", name, one.entity)}
                      >
                        ${text}
                      </button>`
                    : html`<span class="quiet">0</span>`}
                </td>`;
              })}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${more.length > 0 && html`<p class="quiet small">${counted ? t("health.counted", { when: moment(counted) }) : t("health.not_counted")}</p>`}
  `;
}

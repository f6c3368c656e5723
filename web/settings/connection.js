// Get started: both accounts, webhooks with their switch, when something was last heard.
import { html, useState } from "../lib/preact.js";
import { ago, moment, t } from "../lib/words.js";
import { Announce, Badge, Button, Message, ProblemMessage, Stencils, Switch } from "../parts/basics.js";

export function Connection({ api, connection, reload }) {
  const { content, problem, loading } = connection;
  if (!content) {
    if (problem) return html`<${ProblemMessage} problem=${problem} title=${t("connection.not_loaded")} onRetry=${reload} />`;
    return html`<${Stencils} count=${3}><div class="card pad stack"><div class="stencil half" /><div class="stencil short" /></div><//>`;
  }
  return html`<div class="stack wide">
    <div class="cards">
      <${Side} name="oneflow" part=${content.oneflow} lacks=${content.lacks}>
        <${Fact} name=${t("connection.account")}>${content.oneflow.name}<//>
        <${Fact} name=${t("connection.account_id")}>${content.oneflow.id}<//>
        ${content.oneflow.reads_alone && html`<${Fact} name=${t("connection.reads")}>${t("connection.reads.alone")}<//>`}
      <//>
      <${Side} name="dynamics" part=${content.dynamics} lacks=${content.lacks}>
        <${Fact} name=${t("connection.organization")}>${content.dynamics.name}<//>
        <${Fact} name=${t("connection.environment")}>${content.environment}<//>
        <${Fact} name=${t("connection.sign_in")}>${t("connection.sign_in.works")}<//>
        <${Fact} name=${t("connection.registrations")}><${Registered} found=${content.registrations} /><//>
        ${content.contract_table && html`<${Fact} name=${t("connection.rows")}><${Rows} found=${content.contract_table} /><//>`}
      <//>
    </div>
    <${Webhooks} ...${{ api, content, reload }} />
    <section class="card pad stack" aria-labelledby="life">
      <div class="row apart">
        <h2 id="life">${t("connection.life")}</h2>
        <${Button} kind="subtle" icon="refresh" busy=${loading} onPress=${reload}>${t("refresh")}<//>
      </div>
      <dl class="facts">
        <${Fact} name=${t("connection.last_event")}><${When} at=${content.last_event} /><//>
        <${Fact} name=${t("connection.last_reconcile")}><${When} at=${content.last_reconcile} /><//>
        <${Fact} name=${t("connection.drift")}>${t("connection.drift.count", { n: content.drift || 0 })}<//>
      </dl>
      <p class="quiet small">${t("connection.life.about")}</p>
    </section>
  </div>`;
}

function Side({ name, part, lacks, children }) {
  const missed = (lacks || []).filter((one) => one.side === name);
  return html`<section class="card pad stack" aria-labelledby=${`side-${name}`}>
    <div class="row apart">
      <h2 id=${`side-${name}`}>${t(`side.${name}`)}</h2>
      <${Badge} kind=${part.error ? "bad" : "good"}>${part.error ? t("connection.failing") : t("connection.connected")}<//>
    </div>
    ${part.error
      ? html`<p>${t(`connection.failing.${name}`)}</p>
          <p class="wrap quiet small">${part.error}</p>`
      : html`<dl class="facts">${children}</dl>`}
    ${missed.map((one) => html`<p key=${one.code + one.missing} class="wrap">${t(`connection.${one.code}`, { missing: one.missing ? `: ${one.missing}` : "" })} ${ago(one.at)}</p>`)}
  </section>`;
}

/** What `connect` registered in Dynamics: another fact than that sign-in works. */
function Registered({ found: { state, at, entities } }) {
  if (state === "missing") return html`<${Badge} kind="warn">${t("connection.registrations.missing")}<//> <span class="quiet small block">${t("connection.registrations.mend")}</span>`;
  if (state === "changed") return html`<${Badge} kind="warn">${t("connection.registrations.changed")}<//> <span class="quiet small block">${entities.join(", ")} · ${t("connection.registrations.mend")}</span>`;
  return html`<time datetime=${at} title=${moment(at)}>${t("connection.registrations.registered", { when: ago(at) })}</time>`;
}

/** The table of contracts in Dynamics, and what its rows wait for. */
function Rows({ found: { on, lacks, missing } }) {
  if (!on) return t("connection.rows.off");
  if (!lacks) return t("connection.rows.on");
  const named = missing ? `: ${missing}` : "";
  return html`<${Badge} kind="warn">${t("connection.rows.waits")}<//> <span class="quiet small block">${t(`connection.rows.${lacks}`, { missing: named })}</span>`;
}

function Fact({ name, children }) {
  return html`<div>
    <dt class="quiet">${name}</dt>
    <dd class="wrap">${children}</dd>
  </div>`;
}

function When({ at }) {
  return at ? html`<time datetime=${at} title=${moment(at)}>${ago(at)}</time>` : t("connection.never");
}

function Webhooks({ api, content, reload }) {
  const { webhooks } = content;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const [told, setTold] = useState("");
  const turn = async (on) => {
    setBusy(true);
    setProblem(null);
    try {
      await (on ? api.put("connection/webhooks") : api.del("connection/webhooks"));
      setTold(on ? t("webhooks.switched_on") : t("webhooks.switched_off"));
    } catch (found) {
      setProblem(found);
    }
    await reload();
    setBusy(false);
  };
  const stale = webhooks.on && !webhooks.current;
  return html`<section class="card pad stack" aria-labelledby="webhooks">
    <div class="row apart">
      <h2 id="webhooks">${t("webhooks.title")}</h2>
      <span class="row">
        ${busy && html`<span class="spinner" />`}
        <${Switch}
          label=${webhooks.error ? t("unknown") : webhooks.on ? t("on") : t("off")}
          name=${t("webhooks.title")}
          on=${webhooks.on}
          off=${busy || Boolean(webhooks.error) || !webhooks.callback_url}
          onChange=${turn}
        />
      </span>
    </div>
    <p>${t("webhooks.about")}</p>
    ${webhooks.callback_url &&
    html`<dl class="facts"><${Fact} name=${t("webhooks.address")}><code>${webhooks.callback_url}</code><//></dl>`}
    ${problem && html`<${ProblemMessage} problem=${problem} title=${t("webhooks.not_switched")} />`}
    ${webhooks.error && html`<${Message} kind="warn">${t("webhooks.unknown")}<//>`}
    ${!webhooks.error && !webhooks.callback_url && html`<${Message} kind="warn">${t("webhooks.no_address")}<//>`}
    ${stale &&
    html`<${Message}
      kind="warn"
      actions=${html`<${Button} kind="small" busy=${busy} onPress=${() => turn(true)}>${t("webhooks.repair")}<//>`}
    >
      ${t("webhooks.stale")}
    <//>`}
    ${webhooks.on && webhooks.current && webhooks.reason && html`<${Message}>${t("webhooks.fewer")}<//>`}
    ${!webhooks.on && webhooks.callback_url && !webhooks.error && html`<${Message}>${t("webhooks.off")}<//>`}
    <${Announce} text=${told} />
  </section>`;
}

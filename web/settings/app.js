// Oneflow Settings: connection, set-up entities, switching over, health and the sync log, each behind a tab; the address remembers the place.
import { start } from "../lib/start.js";
import { html, render, useEffect, useRef, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button, Message, ProblemMessage, useEvery, useLoaded } from "../parts/basics.js";
import { NoApp } from "../parts/no-app.js";
import { SignInMessage, useSignIn } from "../parts/sign-in.js";
import { Panel, Tabs } from "../parts/tabs.js";
import { Connection } from "./connection.js";
import { Entities } from "./entities.js";
import { Health } from "./health.js";
import { SyncLog } from "./log.js";
import { SwitchOver } from "./switch-over.js";

const TABS = ["connection", "entities", "switch", "health", "log"];

function App({ api, signIn: given }) {
  const [place, go] = usePlace();
  const [connection, reload] = useLoaded(() => api.get("connection"), []);
  const drafts = useRef(new Map()); // what is edited and not saved, by entity; leaving a tab loses nothing
  useEvery(60, reload);
  useEffect(() => {
    const leave = (event) => {
      if ([...drafts.current.values()].some((one) => one.dirty)) event.preventDefault();
    };
    window.addEventListener("beforeunload", leave);
    return () => window.removeEventListener("beforeunload", leave);
  }, []);
  const { content, problem } = connection;
  const signIn = useSignIn(given, reload);
  const shut = problem && [401, 403].includes(problem.status);
  const tab = TABS.includes(place[0]) ? place[0] : "entities";
  return html`
    <header class="page-head">
      <h1>${t("settings.title")}</h1>
      <p class="quiet" role="status">${headline(connection)}</p>
    </header>
    ${shut
      ? problem.status === 401
        ? html`<${SignInMessage} ...${{ problem, signIn }} onRetry=${reload} />`
        : html`<${ProblemMessage} problem=${problem} onRetry=${() => (given?.renew(), reload())} />`
      : html`
          <${Tabs}
            id="main"
            label=${t("settings.title")}
            tabs=${TABS.map((name) => ({ name, label: t(`tab.${name}`) }))}
            on=${tab}
            onChoose=${(name) => go(name)}
          />
          <${Panel} id="main" on=${tab}>
            ${tab === "connection" && html`<${Connection} ...${{ api, connection, reload }} />`}
            ${tab === "entities" &&
            html`<div class="stack wide">
              <${NotConnected} connection=${content} go=${go} />
              <${Entities} ...${{ api, place, go, drafts: drafts.current, webhooks: content?.webhooks, onSaved: reload }} />
            </div>`}
            ${tab === "switch" && html`<${SwitchOver} ...${{ api, place, go }} />`}
            ${tab === "health" && html`<${Health} ...${{ api, place, go }} />`}
            ${tab === "log" && html`<${SyncLog} ...${{ api, place, go }} />`}
          <//>
        `}
  `;
}

function NotConnected({ connection, go }) {
  const broken = ["oneflow", "dynamics"].filter((side) => connection?.[side]?.error);
  if (!broken.length) return null;
  return html`<${Message}
    kind="warn"
    title=${t("connection.broken", { side: broken.map((side) => t(`side.${side}`)).join(", ") })}
    actions=${html`<${Button} kind="small" onPress=${() => go("connection")}>${t("connection.look")}<//>`}
  >
    ${t("connection.broken.detail")}
  <//>`;
}

function headline({ content, problem, loading }) {
  if (!content) return problem ? t("headline.unknown") : loading ? t("headline.loading") : "";
  const account = content.oneflow.error ? t("headline.no_oneflow") : t("headline.oneflow", { name: content.oneflow.name });
  if (content.webhooks.error) return account;
  return `${account} · ${content.webhooks.on ? t("headline.webhooks_on") : t("headline.webhooks_off")}`;
}

/** ["entities", "opportunity", "general"] from "#entities/opportunity/general". */
function usePlace() {
  const first = document.documentElement.dataset.place || ""; // health.html opens on another tab than settings.html
  const read = () => (location.hash.slice(1) || first).split("/").map(decodeURIComponent);
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const changed = () => setPlace(read());
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return [place, (...parts) => (location.hash = parts.filter((one) => one !== undefined).map(encodeURIComponent).join("/"))];
}

const { api, signIn, lacks } = await start();
document.title = t("settings.title");
render(lacks ? html`<${NoApp} title=${t("settings.title")} lacks=${lacks} />` : html`<${App} ...${{ api, signIn }} />`, document.getElementById("app"));

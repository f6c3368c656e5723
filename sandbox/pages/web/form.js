// A stub of Unified Interface: as much of Xrm's form context as a form script and the widget may rely on.
"use strict";

const COLUMNS = [
  ["name", "Topic", "text"],
  ["estimatedvalue", "Est. revenue", "text"],
  ["estimatedclosedate", "Est. close date", "date"],
  ["new_priority", "Priority", "yesno"],
  ["new_starttime", "Starts at", "text"],
  ["description", "Description", "memo"],
  ["parentaccountid", "Account", "lookup"],
];
const ENTITY = "opportunity";
// The addresses under which Dynamics serves a web resource; a form's own is the first.
const FOLDERS = { version: "/%7b638400000000000000%7d/webresources", plain: "/WebResources", double: "//WebResources" };
const query = new URLSearchParams(location.search);
const at = (id) => document.getElementById(id);
const handlers = { postSave: new Set(), tabState: new Set() };
const state = { id: query.has("new") ? "" : query.get("id") || "", saved: {}, dirty: new Set(), addresses: {}, user: "", frame: null, contract: "" };

async function ask(verb, path, body) {
  const answer = await fetch(path, { method: verb, body: body && JSON.stringify(body), cache: "no-store" });
  if (!answer.ok) throw new Error((await answer.json()).error?.message || "The record could not be saved.");
  return answer.json();
}

// --- the form's fields ----------------------------------------------------------------------------------------------

function draw() {
  at("fields").replaceChildren(
    ...COLUMNS.map(([name, label, kind]) => {
      const line = document.createElement("div");
      line.className = "line";
      const title = Object.assign(document.createElement("label"), { textContent: label, htmlFor: `f-${name}` });
      const input = document.createElement({ memo: "textarea", yesno: "select" }[kind] || "input");
      Object.assign(input, { id: `f-${name}`, className: kind === "yesno" ? "select" : "input" });
      if (kind === "date") input.type = "date";
      if (kind === "lookup") input.readOnly = true;
      if (kind === "yesno") for (const [value, text] of [["", "--"], ["true", "Yes"], ["false", "No"]]) input.append(new Option(text, value));
      input.addEventListener("input", () => touched(name));
      line.append(title, input);
      return line;
    }),
  );
}

function touched(name) {
  if (at(`f-${name}`).value === text(state.saved[name])) state.dirty.delete(name);
  else state.dirty.add(name);
  say();
}

const text = (value) => (value === null || value === undefined ? "" : String(value));

async function show(id, mark = true) {
  const row = id ? await ask("GET", `/_sandbox/records/${ENTITY}/${id}`) : {};
  for (const [name, , kind] of COLUMNS) {
    const value = kind === "lookup" && row[name] ? (await ask("GET", `/_sandbox/records/${row[name][0]}/${row[name][1]}`)).name : row[name];
    const came = mark && text(value) !== text(state.saved[name]);
    state.saved[name] = value;
    const input = at(`f-${name}`);
    input.value = text(value);
    input.classList.remove("came");
    if (came) requestAnimationFrame(() => input.classList.add("came"));
  }
  state.dirty.clear();
  state.id = id;
  at("heading").textContent = text(state.saved.name) || "New opportunity";
  document.title = at("heading").textContent;
  say();
}

function say(words) {
  at("state").textContent = words || (state.dirty.size ? "Unsaved changes" : state.id ? "Saved" : "Not saved yet");
}

async function save() {
  const values = {};
  for (const name of state.dirty) {
    const kind = COLUMNS.find((one) => one[0] === name)[2];
    const value = at(`f-${name}`).value;
    values[name] = value === "" ? null : kind === "yesno" ? value === "true" : value;
  }
  try {
    if (state.id) await ask("POST", `/_sandbox/records/${ENTITY}/${state.id}`, values);
    else state.id = (await ask("POST", `/_sandbox/records/${ENTITY}`, values)).id;
  } catch (error) {
    say(error.message);
    throw error;
  }
  const url = new URL(location);
  url.searchParams.delete("new");
  url.searchParams.set("id", state.id);
  history.replaceState(null, "", url);
  await show(state.id, false);
  handlers.postSave.forEach((handler) => handler());
}

// --- what Xrm offers ------------------------------------------------------------------------------------------------

const list = (items) => ({ forEach: (act) => items().forEach(act), get: () => items() });

const control = {
  getControlType: () => "webresource",
  getName: () => "WebResource_oneflow",
  getSrc: () => state.frame?.src || "",
  getContentWindow: () => state.loaded.then(() => state.frame.contentWindow),
};

const formContext = {
  data: {
    entity: {
      getEntityName: () => ENTITY,
      getId: () => (state.id ? `{${state.id.toUpperCase()}}` : ""),
      getPrimaryAttributeValue: () => text(state.saved.name),
      addOnPostSave: (handler) => handlers.postSave.add(handler),
    },
    getIsDirty: () => state.dirty.size > 0,
    save,
    refresh: (saveFirst) => (saveFirst ? save() : show(state.id)),
  },
  ui: {
    controls: list(() => [control]),
    tabs: list(() => [{ addTabStateChange: (handler) => handlers.tabState.add(handler) }]),
  },
};

// Who uses the form; `userName` is a name to show, and nothing that one signs in with.
const userSettings = () => ({ userId: `{${state.user.toUpperCase()}}`, userName: "Aksel Colleague", languageId: language() });

// As much of Xrm.App.sidePanes as a command may rely on: one pane with a title, a close button, a badge and a page.
const panes = new Map();

function pane(options) {
  const page = Object.assign(document.createElement("iframe"), { title: options.title, id: `pane-${options.paneId}` });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "button subtle", textContent: "Close" });
  const badge = Object.assign(document.createElement("span"), { className: "badge", hidden: true });
  const head = Object.assign(document.createElement("div"), { className: "pane-head" });
  head.append(Object.assign(document.createElement("h2"), { textContent: options.title }), badge, close);
  const made = {
    paneId: options.paneId,
    select: () => (at("pane").hidden = false),
    close: () => (panes.delete(options.paneId), at("pane").replaceChildren(), (at("pane").hidden = true)),
    navigate: ({ webresourceName, data }) =>
      new Promise((done) => {
        page.addEventListener("load", done, { once: true });
        page.src = `${location.origin}${FOLDERS[query.get("resources") || "version"]}/${webresourceName}?${new URLSearchParams({ data })}`;
        if (!page.isConnected) at("pane").replaceChildren(head, page);
      }),
    get badge() {
      return Number(badge.textContent) || 0;
    },
    set badge(number) {
      badge.textContent = String(number || "");
      badge.hidden = !number;
    },
  };
  close.addEventListener("click", made.close);
  panes.set(options.paneId, made);
  return made;
}

/** The command bar as the imported solution, or `connect`, says: each button calls its script's function with the form. */
async function commands() {
  const swedish = language() === 1053;
  for (const one of await ask("GET", `/_sandbox/commands?entity=${ENTITY}`)) {
    const script = Object.assign(document.createElement("script"), { src: `/WebResources/${one.script}` });
    const loaded = new Promise((done) => script.addEventListener("load", done, { once: true }));
    document.head.append(script);
    await loaded;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button subtle", textContent: one.label[Number(swedish)] });
    button.addEventListener("click", () => one.function.split(".").reduce((holder, name) => holder[name], window)(formContext));
    at("commands").append(button);
  }
}

const language = () => Number(query.get("userlcid") || 1033);

window.Xrm = {
  App: { sidePanes: { getPane: (id) => panes.get(id), createPane: async (options) => pane(options) } },
  Page: formContext,
  Utility: { getGlobalContext: () => ({ userSettings: userSettings(), getClientUrl: () => location.origin }) },
  WebApi: { retrieveRecord },
};

/** As Dynamics answers: the columns that `$select` names, and the row's own id. */
async function retrieveRecord(entity, id, options = "") {
  const key = id.replace(/[{}]/g, "").toLowerCase();
  const row = await ask("GET", `/_sandbox/records/${entity}/${key}`);
  const names = (new URLSearchParams(options.replace(/^\?/, "")).get("$select") || "").split(",").filter(Boolean);
  return { [`${entity}id`]: key, ...Object.fromEntries(names.map((name) => [name, row[name] ?? null])) };
}

// --- the widget's frame, and the contract beside it -------------------------------------------------------------------

function frame() {
  const data = new URLSearchParams({ app: state.addresses.app });
  if (query.get("theme")) data.set("theme", query.get("theme"));
  const record = state.id ? { id: `{${state.id.toUpperCase()}}` } : {};
  const parameters = new URLSearchParams({ typename: ENTITY, ...record, userlcid: query.get("userlcid") || "1033", data: data.toString() });
  const made = document.createElement("iframe");
  made.title = "Oneflow contracts";
  made.id = "WebResource_oneflow";
  state.loaded = new Promise((done) => made.addEventListener("load", done, { once: true }));
  state.frame = made;
  made.src = `${location.origin}${FOLDERS[query.get("resources") || "version"]}/ofs_/widget.html?${parameters}`;
  at("widget").replaceChildren(made);
}

function tab(name) {
  for (const one of ["summary", "more"]) {
    at(`panel-${one}`).hidden = one !== name;
    at(`tab-${one}`).setAttribute("aria-selected", String(one === name));
  }
  if (name === "summary") {
    frame();
    handlers.tabState.forEach((handler) => handler());
  } else at("widget").replaceChildren();
}

async function beside() {
  if (!state.id || document.visibilityState !== "visible") return;
  const answer = await fetch(`${state.addresses.app}/api/records/${ENTITY}/${state.id}/contracts`, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const { contracts } = await answer.json();
  contracts.sort((one, other) => other.contract_id - one.contract_id);
  const known = contracts.map((one) => one.contract_id).join();
  if (known === state.known) return;
  state.known = known;
  const select = at("contracts");
  select.replaceChildren(...contracts.map((one) => new Option(one.name, one.contract_id)));
  select.hidden = contracts.length < 2;
  if (contracts.length) open(String(contracts[0].contract_id));
}

function open(contract) {
  at("contracts").value = contract;
  const page = document.createElement("iframe");
  page.title = "The contract in Oneflow";
  page.src = `${state.addresses.oneflow}/contracts/${contract}${query.get("theme") ? `?theme=${query.get("theme")}` : ""}`;
  at("contract").replaceChildren(page);
}

async function begin() {
  document.documentElement.dataset.theme = query.get("theme") === "dark" ? "dark" : "light";
  const { user, ...addresses } = await ask("GET", "/_sandbox/addresses");
  Object.assign(state, { user, addresses });
  if (!state.id && !query.has("new")) state.id = Object.values((await ask("GET", "/_sandbox/records"))[ENTITY])[0];
  draw();
  await show(state.id, false);
  if (addresses.widget && query.get("widget") !== "no") frame();
  await commands();
  window.OneflowForm.onLoad({ getFormContext: () => formContext });
  if (query.get("beside") !== "no") {
    beside();
    setInterval(beside, 3000);
  }
  at("save").addEventListener("click", () => save().catch(() => null));
  at("refresh").addEventListener("click", () => show(state.id));
  at("new").addEventListener("click", () => location.assign(`?${new URLSearchParams({ ...Object.fromEntries(query), new: "", id: "" })}`));
  at("tab-summary").addEventListener("click", () => tab("summary"));
  at("tab-more").addEventListener("click", () => tab("more"));
  at("contracts").addEventListener("change", (event) => open(event.target.value));
  at("fields").addEventListener("submit", (event) => event.preventDefault());
}

begin();

// A stub of the app switcher and of an app's site map, as far as an imported solution describes them.
"use strict";

const query = new URLSearchParams(location.search);
const at = (id) => document.getElementById(id);
const lcid = query.get("userlcid") || "1033";

function button(text, press) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button subtle", textContent: text });
  made.addEventListener("click", press);
  return made;
}

function show(area) {
  if (!area.page) return rows();
  const page = Object.assign(document.createElement("iframe"), { title: area.titles[0], id: "page-frame" });
  page.src = `/WebResources/${area.page}?userlcid=${lcid}`;
  return at("page").replaceChildren(page);
}

function made(tag, text, ...inside) {
  const one = document.createElement(tag);
  one.append(text, ...inside);
  return one;
}

function section(label, ...inside) {
  const one = made("section", "", made("h2", label), ...inside);
  one.className = "drawn";
  one.setAttribute("aria-label", label);
  return one;
}

function table(view) {
  const head = made("tr", "", ...view.columns.map((name) => made("th", name)));
  const body = view.rows.map((row) => made("tr", "", ...row.map((text) => made("td", text))));
  return section(`${view.label} (${view.rows.length})`, made("table", "", made("thead", "", head), made("tbody", "", ...body)));
}

function chart({ label, bars }) {
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const line = (bar) => made("li", `${bar.label}: ${bar.count} `, Object.assign(document.createElement("meter"), { max: most, value: bar.count }));
  return section(label, made("ul", "", ...bars.map(line)));
}

/** The views, the charts and what owners were told, over the rows as they are now. */
async function rows() {
  const { views, charts, notifications } = await (await fetch(`/_sandbox/rows?userlcid=${lcid}`, { cache: "no-store" })).json();
  const told = notifications.map((one) => made("li", "", made("strong", one.title), made("p", one.text)));
  const all = [section(`Notifications (${told.length})`, made("ul", "", ...told)), ...charts.map(chart), ...views.map(table)];
  const whole = made("div", "", ...all);
  whole.className = "drawn-all";
  at("page").replaceChildren(whole);
}

function enter(app) {
  at("app").textContent = app.name;
  const title = (area) => area.titles[Number(lcid === "1053")] || area.titles[0];
  at("areas").replaceChildren(...app.areas.map((area) => button(title(area), () => show(area))));
  show(app.areas[0]);
}

async function begin() {
  const apps = await (await fetch("/_sandbox/apps", { cache: "no-store" })).json();
  if (!apps.length) at("apps").textContent = "No app is installed: `python -m cli solution install`.";
  else at("apps").replaceChildren(...apps.map((app) => button(app.name, () => enter(app))));
}

begin();

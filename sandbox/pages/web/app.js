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
  if (!area.page) return at("page").replaceChildren(`The rows of ${area.entity || "the dashboard"} are not drawn here.`);
  const page = Object.assign(document.createElement("iframe"), { title: area.titles[0], id: "page-frame" });
  page.src = `/WebResources/${area.page}?userlcid=${lcid}`;
  return at("page").replaceChildren(page);
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

// The contract's page: fill in fields and sign, as the counterparty or as a colleague.
"use strict";

const id = location.pathname.split("/").pop();
const at = (name) => document.getElementById(name);
const STATES = { draft: "Draft", pending: "Sent for signing", signed: "Signed", declined: "Declined", overdue: "Expired" };
let contract = null;
let typing = new Set();

async function ask(verb, path, body) {
  const answer = await fetch(`/_sandbox/contracts/${id}${path}`, { method: verb, body: body && JSON.stringify(body), cache: "no-store" });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error);
  return content;
}

const who = () => document.querySelector("input[name=who]:checked").value;

function draw(now) {
  const first = contract === null;
  const before = contract?.fields || {};
  contract = now;
  document.title = now.name;
  at("name").textContent = now.name;
  at("state").textContent = STATES[now.state] || now.state;
  at("parties").textContent = `Between ${[...new Set(now.participants.map((one) => one.party))].join(" and ")}`;
  if (first) {
    at("fields").replaceChildren(...Object.keys(now.fields).map(line));
    if (now.state === "draft") document.querySelector("input[value=colleague]").checked = true;
  }
  const open = now.state === "pending" || (now.state === "draft" && who() === "colleague");
  for (const [name, value] of Object.entries(now.fields)) {
    const input = at(`f-${name}`);
    input.readOnly = !open;
    if (typing.has(name) || input.value === value) continue;
    input.value = value;
    input.classList.remove("came");
    if (!first && before[name] !== value) requestAnimationFrame(() => input.classList.add("came"));
  }
  at("signatures").replaceChildren(...now.participants.map(signature));
  at("save").hidden = !["draft", "pending"].includes(now.state);
  at("save").disabled = !open;
  at("publish").hidden = now.state !== "draft";
  at("sign").hidden = at("decline").hidden = now.state !== "pending";
}

function line(name) {
  const made = document.createElement("div");
  made.className = "line";
  const label = Object.assign(document.createElement("label"), { htmlFor: `f-${name}`, textContent: contract.labels[name] || name });
  const input = Object.assign(document.createElement(name === "description" ? "textarea" : "input"), { id: `f-${name}`, value: contract.fields[name] });
  input.addEventListener("input", () => typing.add(name));
  made.append(label, input);
  return made;
}

function signature(one) {
  const made = Object.assign(document.createElement("div"), { className: "signature" });
  made.append(Object.assign(document.createElement("b"), { textContent: one.sign_state === "signed" ? one.name : "" }));
  made.append(Object.assign(document.createElement("span"), { textContent: `${one.name}, ${one.party}` }));
  return made;
}

async function act(path, body, words) {
  try {
    const now = await ask("POST", path, body);
    typing = new Set();
    draw(now);
    say(words);
  } catch (error) {
    say(error.message, true);
  }
}

function say(words, bad = false) {
  at("said").textContent = words;
  at("said").className = bad ? "bad" : "";
}

at("paper").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = Object.fromEntries([...typing].map((name) => [name, at(`f-${name}`).value]));
  if (Object.keys(fields).length) act("/fields", { fields, as: who() }, "Saved.");
});
at("publish").addEventListener("click", () => act("/publish", {}, "Sent."));
at("sign").addEventListener("click", () => act("/sign", { as: who() === "counterparty" ? "counterparty" : ours() }, "Signed."));
at("decline").addEventListener("click", () => act("/decline", { as: "counterparty" }, "Declined."));
at("who").addEventListener("change", () => draw(contract));

const ours = () => contract.participants.find((one) => one.ours)?.email || "colleague";

async function look() {
  if (document.visibilityState !== "visible") return;
  try {
    draw(await ask("GET", ""));
  } catch (error) {
    say(error.message, true);
  }
}

document.documentElement.dataset.theme = new URLSearchParams(location.search).get("theme") === "dark" ? "dark" : "light";
look();
setInterval(look, 1500);

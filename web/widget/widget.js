// The widget: the record's contracts, and what can be done with them.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Announce, Button, Message, ProblemMessage, Stencils, missingText, useEvery, useLoaded } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { Menu } from "../parts/menu.js";
import { overAll } from "../parts/side-by-side.js";
import { SignInMessage, useSignIn } from "../parts/sign-in.js";
import { Card } from "./card.js";
import { CreateDialog } from "./create.js";
import { Desk, isOpen, needsDecision, wantsConfirmation, written } from "./desk.js";
import { Details } from "./details.js";
import { atOnce, setAtOnce } from "./habits.js";
import { LinkDialog, SaveFirst, UnlinkDialog } from "./linking.js";
import { Progress, RunDialog } from "./run.js";
import { summary } from "./summary.js";
import { LookedFor, Unclear } from "./unclear.js";

const SOON = 5; // seconds between looks while something happens
const LATER = 30;
const CALM = 120; // seconds without news until the looks get rarer
const PATIENCE = 3; // seconds that a form may take to say which record it shows

export function Widget({ host, api, signIn }) {
  const [record, setRecord] = useState(host.record);
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), PATIENCE * 1000);
    const stop = host.onRecord(setRecord);
    setRecord(host.record); // pushed while this was drawn
    return () => (clearTimeout(timer), stop());
  }, []);
  if (record?.saved) return html`<${Contracts} key=${`${record.entity} ${record.id}`} host=${host} api=${api} signIn=${signIn} record=${record} />`;
  const shown = record ? t("w.not_saved") : waited ? t("w.no_record") : null;
  return html`<${Head} />${shown ? html`<p class="empty" role="status">${shown}</p>` : html`<${Skeleton} />`}`;
}

function Head({ children }) {
  return html`<header class="row apart"><h1>${t("w.title")}</h1>${children && html`<div class="row tight">${children}</div>`}</header>`;
}

const Skeleton = () => html`<${Stencils} count=${2}><div class="contract stack"><div class="stencil half" /><div class="stencil short" /></div><//>`;

function Contracts({ host, api, signIn: given, record }) {
  const desk = useRef(null);
  desk.current ??= new Desk(api, record);
  const [{ loading, content, problem }, load] = useLoaded(() => desk.current.cards(), []);
  const [dialog, setDialog] = useState(null);
  const [notice, setNotice] = useState(null);
  const [lasts, setLasts] = useState({}); // contract id -> what the last push or fetch left
  const [running, setRunning] = useState(null); // {action, ids, done, all}
  const [direct, setDirect] = useState(atOnce());
  const [said, setSaid] = useState("");
  const cards = content?.contracts || [];
  const names = Object.fromEntries(cards.map((card) => [card.contract_id, card.name]));
  const [asked, setAsked] = useState(false); // a person pressed for the look that is under way
  const news = useNews(host, content, setSaid);
  useEvery(SOON, () => !running && (content?.looked_for?.length || news.due()) && load());

  const look = async () => {
    setAsked(true);
    await load();
    setAsked(false);
  };
  const close = () => setDialog(null);
  const habit = (on) => (setAtOnce(on), setDirect(on));
  const acted = async (toDynamics) => {
    news.mine();
    await load();
    if (toDynamics) await host.refresh();
  };
  const finished = async (action, results, skipped) => {
    setLasts((before) => ({ ...before, ...results }));
    setNotice(summary(action, results, skipped, names));
    await acted(Object.values(results).some(({ result }) => result && written(result, "dynamics").length));
  };
  const runAll = async (action, chosen, skipped) => {
    const results = {};
    const ids = chosen.map((card) => card.contract_id);
    setNotice(null);
    setRunning({ action, ids, done: 0, all: ids.length });
    await overAll(
      ids,
      async (id) => {
        results[id] = await desk.current.run(id, action).then((result) => ({ result }), (failure) => ({ problem: failure }));
      },
      (done) => setRunning({ action, ids, done, all: ids.length }),
    );
    setRunning(null);
    // Where only signatures hold it back, a person is asked after all.
    const asked = chosen.filter(({ contract_id: id }) => results[id].result && wantsConfirmation(results[id].result));
    if (asked.length) setDialog({ kind: "run", action, cards: asked, skipped });
    await finished(action, results, skipped);
  };
  const begin = (action, chosen, skipped = 0) => {
    if (host.dirty) return setDialog({ kind: "save", action, then: () => go(action, chosen, skipped) });
    return go(action, chosen, skipped);
  };
  const go = (action, chosen, skipped) => {
    close();
    return direct ? runAll(action, chosen, skipped) : setDialog({ kind: "run", action, cards: chosen, skipped });
  };
  const push = () => {
    const open = cards.filter(isOpen);
    return begin("push", open, cards.length - open.length);
  };
  const wished = useRef(host.option("wish") === "push"); // by the command on the record's command bar, once
  useEffect(() => {
    if (!content) return;
    host.badge(cards.reduce((sum, card) => sum + card.conflicts + card.waiting_for_push + card.refused, 0));
    if (wished.current && cards.length) push();
    wished.current = false;
  }, [content]);
  const acts = {
    push: (card) => begin("push", [card]),
    fetch: (card) => begin("fetch", [card]),
    details: (card) => setDialog({ kind: "details", card }),
    unlink: (card) => setDialog({ kind: "unlink", card }),
  };
  const signIn = useSignIn(given, load);
  const created = async (result, contract) => {
    close();
    const left = result.fields.filter((field) => field.result === "failed");
    setNotice({ kind: left.length ? "warn" : "good", title: t("w.created", { name: contract.name }), text: left.length ? t("w.created_left", { n: left.length }) : "" });
    await acted(false);
    document.querySelector(`[data-contract="${result.contract_id}"] h2`)?.focus();
  };
  const linked = async (card) => {
    close();
    setNotice({ kind: "good", title: t("w.linked", { name: card.name }), text: t("w.linked_about") });
    await acted(false);
  };
  const unlinked = async () => {
    const { card } = dialog;
    close();
    setNotice({ kind: "good", title: t("w.unlinked", { name: card.name }) });
    await acted(false);
  };
  const menu = [
    { label: t("w.link_yes"), icon: "link", onPress: () => setDialog({ kind: "link" }) },
    { label: t(direct ? "w.look_first" : "w.at_once"), icon: "options", onPress: () => habit(!direct) },
  ];
  const undecided = cards.filter(needsDecision).length;
  const pushing = running?.action === "push";
  const head = html`<${Head}>
    <${Button} kind="subtle bare" icon="refresh" busy=${asked && loading} aria-label=${t("w.refresh")} onPress=${look} />
    <${Menu} label=${t("w.more")} items=${menu} />
  <//>`;
  if (!content && problem) return html`${head}<${Trouble} problem=${problem} onRetry=${load} signIn=${signIn} />`;
  if (!content) return html`<${Head} /><${Skeleton} />`;
  return html`${head}
    ${content.set_up === false && !cards.length
      ? html`<p class="empty">${t("w.not_set_up")}</p>`
      : html`<div class="row actions">
          <${Button} kind="primary" icon="add" onPress=${() => setDialog({ kind: "create" })}>${t("w.create")}<//>
          ${cards.some(isOpen) && html`<${Button} icon="push" busy=${pushing} off=${running} onPress=${push}>${t(pushing ? "w.pushing" : "w.push")}<//>`}
        </div>`}
    ${undecided > 0 && html`<p class="note strong" role="status"><${Icon} name="warn" /><span>${t("w.need_decision", { n: undecided })}</span></p>`}
    ${running && html`<${Progress} ...${running} />`}
    ${notice && html`<${Message} kind=${notice.kind} title=${notice.title} onClose=${() => setNotice(null)}>${notice.text}<//>`}
    ${problem && html`<${Trouble} problem=${problem} onRetry=${load} signIn=${signIn} />`}
    ${(content.looked_for || []).map((one) => html`<${LookedFor} key=${one.started_at + one.name} name=${one.name} />`)}
    ${(content.unclear || []).map((one) => html`<${Unclear} key=${one.candidates[0].contract_id} one=${one} desk=${desk.current} onLinked=${linked} onAnyway=${() => setDialog({ kind: "create", name: one.name })} />`)}
    ${cards.length
      ? html`<ul class="contracts">
          ${inOrder(cards).map((card) => html`<${Card} key=${card.contract_id} card=${card} names=${names} notInForce=${content.not_in_force} desk=${desk.current} acts=${acts} busy=${running?.ids.includes(card.contract_id)} last=${lasts[card.contract_id]} onForget=${() => setLasts({ ...lasts, [card.contract_id]: undefined })} onSettled=${(result) => acted(written(result, "dynamics").length > 0)} />`)}
        </ul>`
      : content.set_up !== false && html`<div class="empty"><p class="strong">${t("w.empty_title")}</p><p>${t("w.empty")}</p></div>`}
    ${dialog?.kind === "create" && html`<${CreateDialog} desk=${desk.current} record=${record} name=${dialog.name} onCreated=${created} onLinked=${linked} onLost=${() => (close(), acted(false))} onClose=${close} />`}
    ${dialog?.kind === "run" &&
    html`<${RunDialog} ...${dialog} names=${names} desk=${desk.current} habit=${habit} onDone=${(results) => finished(dialog.action, results, dialog.skipped)} onClose=${close} />`}
    ${dialog?.kind === "details" && html`<${Details} card=${cards.find((card) => card.contract_id === dialog.card.contract_id) || dialog.card} names=${names} desk=${desk.current} onUndone=${(result) => acted(written(result, "dynamics").length > 0)} onClose=${close} />`}
    ${dialog?.kind === "link" && html`<${LinkDialog} desk=${desk.current} onLinked=${linked} onClose=${close} />`}
    ${dialog?.kind === "unlink" && html`<${UnlinkDialog} card=${dialog.card} desk=${desk.current} onUnlinked=${unlinked} onClose=${close} />`}
    ${dialog?.kind === "save" && html`<${SaveFirst} action=${dialog.action} host=${host} onSaved=${dialog.then} onClose=${close} />`}
    <${Announce} text=${said} />`;
}

/** What a person must decide first, then the newest. */
const inOrder = (cards) => [...cards].sort((one, other) => needsDecision(other) - needsDecision(one) || other.contract_id - one.contract_id);

/** What went wrong with the list, as somebody at a form can use it. */
function Trouble({ problem, onRetry, signIn }) {
  if (problem.status === 401) return html`<${SignInMessage} ...${{ problem, signIn, onRetry }} title=${t("w.not_loaded")} />`;
  if (problem.status === 404 || problem.status === 403)
    return html`<${Message} kind="warn" title=${t("w.no_permission_title")}>${problem.body.missing ? missingText(problem.body.missing) : t("w.no_permission")}<//>`;
  if (problem.status === 503 && problem.title !== "Temporarily unavailable")
    return html`<${Message} kind="bad" title=${t("w.not_connected_title")} actions=${html`<${Button} kind="small" onPress=${onRetry}>${t("try_again")}<//>`}>${t("w.not_connected")}<//>`;
  return html`<${ProblemMessage} problem=${problem} title=${t("w.not_loaded")} onRetry=${onRetry} />`;
}

/** Notices syncs that nobody here asked for: the form then shows their values, unless somebody is typing in it. */
function useNews(host, content, say) {
  const state = useRef({ seen: null, mine: false, newsAt: Date.now(), looked: Date.now() });
  const now = state.current;
  useEffect(() => {
    if (!content) return;
    const seen = Object.fromEntries(content.contracts.map((card) => [card.contract_id, card.revision]));
    const moved = now.seen && content.contracts.find((card) => card.contract_id in now.seen && now.seen[card.contract_id] !== card.revision);
    now.seen = seen;
    now.looked = Date.now();
    if (moved && !now.mine) {
      now.newsAt = Date.now();
      say(t("w.arrived", { name: moved.name }));
      if (!host.dirty) host.refresh();
    }
    now.mine = false;
  }, [content]);
  return {
    mine: () => Object.assign(now, { mine: true, newsAt: Date.now() }),
    due: () => Date.now() - now.looked > (Date.now() - now.newsAt < CALM * 1000 ? SOON : LATER) * 1000 - 500,
  };
}

// What the widget asks of the app, for one record.
import { part } from "../lib/api.js";

/** Contracts that a push may write. */
export const isOpen = (card) => card.state === "draft" || card.state === "pending" || card.link === "broken";

export class Desk {
  constructor(api, record) {
    this.api = api;
    this.record = record;
    this.root = `records/${part(record.entity)}/${part(record.id)}`;
  }

  cards() {
    return this.api.get(`${this.root}/contracts`);
  }

  contacts() {
    return this.api.all(`${this.root}/contacts`, "contacts");
  }

  workspaces() {
    return this.api.all("oneflow/workspaces", "workspaces");
  }

  templates(workspace) {
    return this.api.all(`oneflow/templates?workspace_id=${part(workspace)}`, "templates");
  }

  /** The values that a new contract would hold. */
  previewNew(template, workspace) {
    return this.api.get(`${this.root}/preview?template_id=${part(template)}&workspace_id=${part(workspace)}`);
  }

  create(contract) {
    return this.api.post(`${this.root}/contracts`, contract);
  }

  link(contract, move = false) {
    return this.api.put(`${this.root}/contracts/${part(contract)}`, { move });
  }

  unlink(contract) {
    return this.api.del(`${this.root}/contracts/${part(contract)}`);
  }

  /** The plan of a push, fetch, keep or undo (`what` says more of it); with `confirm`, as if the person let signatures
   * be reset. */
  preview(contract, action, confirm = false, what = {}) {
    const query = new URLSearchParams({ action, ...what, ...(confirm && { confirm_signature_reset: "true" }) });
    return this.api.get(`contracts/${part(contract)}/preview?${query}`);
  }

  /** `plan`: apply exactly this one; without it, whatever is due now. */
  run(contract, action, plan, confirm = false) {
    return this.api.post(`contracts/${part(contract)}/${action}`, words(plan, confirm));
  }

  disputes(contract) {
    return this.api.all(`contracts/${part(contract)}/conflicts`, "conflicts");
  }

  keep(contract, dispute, side, plan, confirm = false) {
    return this.api.post(`contracts/${part(contract)}/conflicts`, { ...keeping(dispute, side), ...words(plan, confirm) });
  }

  history(contract, next) {
    return this.api.get(`contracts/${part(contract)}/history${next ? `?next=${part(next)}` : ""}`);
  }

  undo(contract, entry, plan, confirm = false) {
    return this.api.post(`contracts/${part(contract)}/history/${part(entry)}/undo`, words(plan, confirm));
  }
}

/** What a person answers to a dispute, as the app is told it. */
export const keeping = ({ oneflow_field, conflict_id }, side) => ({ oneflow_field, conflict_id, keep: side });

const words = (plan, confirm) => ({ ...(plan && { plan_id: plan }), ...(confirm && { confirm_signature_reset: true }) });

/** Whether only the signatures that were given keep this from being written. */
export const wantsConfirmation = (result) => result.fields.some((field) => field.reason_code === "signature_given");

export const written = (result, side) => result.fields.filter((field) => field.result === "written" && (!side || field.side === side));

/** Fields that were due and were left, each with its reason. */
export const left = (result) => result.fields.filter((field) => field.result === "skipped" || field.result === "failed");

/** Fields that a person may decide; on a closed contract no push will bring what waits for one. */
export const decisions = (card) => card.conflicts + card.not_agreed + card.refused + (isOpen(card) ? 0 : card.waiting_for_push);

/** Whether the card asks for a person before anything else. A broken link says why itself. */
export const needsDecision = (card) => card.link !== "broken" && decisions(card) > 0;

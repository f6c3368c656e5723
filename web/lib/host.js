// Where the page runs: on a form in Dynamics (as a web resource, or framed from the app), or by itself.
// The record is learnt from the form's own script, else from the address, else from the parent window.

const BRACES = /[{}]/g;

/** {entity, id, saved, name}; `id` is "" for a record that was not saved yet; null where there is none. */
export class Host {
  constructor(location = window.location) {
    this.query = new URLSearchParams(location.search);
    this.data = readData(this.query.get("data"));
    this.context = null;
    this.listeners = new Set();
    // The form calls this whenever it (re)creates the frame:
    // getControl("WebResource_oneflow").getContentWindow().then(page => page.setClientApiContext(Xrm, formContext))
    window.setClientApiContext = (xrm, formContext) => this.take(xrm, formContext);
    window.addEventListener("message", (event) => this.#told(event));
  }

  option(name) {
    return this.data.get(name) ?? this.query.get(name);
  }

  get theme() {
    return this.option("theme") === "dark" ? "dark" : "light";
  }

  /** A BCP 47 tag: Dynamics' number for the user's language, else the browser's. */
  get language() {
    const number = this.data.get("userlcid") || this.query.get("userlcid") || this.query.get("UserLCID") || this.query.get("orglcid");
    return this.option("lang") || LANGUAGES[number] || (number ? "en" : navigator.language || "en");
  }

  get record() {
    return this.#pushed() || this.#addressed() || this.#parents();
  }

  take(xrm, formContext) {
    this.context = { xrm, form: formContext };
    this.changed();
  }

  onRecord(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  changed() {
    for (const listener of this.listeners) listener(this.record);
  }

  /** Whether the form holds edits that nobody saved. */
  get dirty() {
    return Boolean(this.#form()?.data?.getIsDirty?.());
  }

  async save() {
    await this.#form()?.data?.save?.();
  }

  /** After values changed in Dynamics: the form shows them. */
  async refresh() {
    const form = this.#form();
    if (form?.data?.refresh) {
      await form.data.refresh(false);
    } else if (window.parent !== window) {
      window.parent.postMessage({ type: "oneflow.changed" }, document.referrer ? new URL(document.referrer).origin : "*");
    }
  }

  #form() {
    return this.context?.form || this.#formOfThisRecord();
  }

  /** In a side pane the form beside it may have gone on to another record. */
  #formOfThisRecord() {
    const form = parentForm();
    const shown = form && ofForm(form);
    const own = this.#addressed();
    return shown && (!own || (own.entity === shown.entity && own.id === shown.id)) ? form : null;
  }

  /** In a side pane: how much waits for somebody, beside the pane's icon. */
  badge(count) {
    try {
      const pane = window.parent.Xrm?.App?.sidePanes?.getPane?.("oneflow");
      if (pane && this.option("pane")) pane.badge = count;
    } catch {
      return; // another origin
    }
  }

  #pushed() {
    return this.context ? ofForm(this.context.form) : null;
  }

  #addressed() {
    const entity = this.query.get("typename") || this.data.get("typename");
    if (!entity) return null;
    const id = (this.query.get("id") || this.data.get("id") || "").replace(BRACES, "").toLowerCase();
    return { entity, id, saved: Boolean(id), name: this.option("name") || "" };
  }

  #parents() {
    const form = parentForm();
    return form ? ofForm(form) : null;
  }

  /** A form that may not reach into the frame tells of a saved record by a message. */
  #told(event) {
    if (event.source !== window.parent || event.data?.type !== "oneflow.record") return;
    this.query.set("id", String(event.data.id || ""));
    this.changed();
  }
}

function ofForm(form) {
  const entity = form?.data?.entity;
  if (!entity?.getEntityName) return null;
  const id = (entity.getId() || "").replace(BRACES, "").toLowerCase();
  return { entity: entity.getEntityName(), id, saved: Boolean(id), name: entity.getPrimaryAttributeValue?.() || "" };
}

function parentForm() {
  try {
    return window.parent !== window ? window.parent.Xrm?.Page || null : null;
  } catch {
    return null; // another origin
  }
}

/** Dynamics lets one parameter of ours through, `data`: a query string inside it. */
function readData(text) {
  return new URLSearchParams(text || "");
}

const LANGUAGES = { 1033: "en-US", 2057: "en-GB", 1053: "sv-SE", 2077: "sv-FI" };

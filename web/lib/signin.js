// Who is looking: a token for the app's API from Entra ID.

import { isWebResource, signInName } from "./dynamics.js";
import { failureOf, storageIsBlocked } from "./signin-failures.js";

const PATIENCE = 600_000; // ms that a person may take in the window: second factors take their time
const LOOK = 500; // ms between looks whether the window is still there
const GONE = 6; // looks without it until it counts as closed: a token may still be on its way

export class SignIn {
  #loading = null;
  #client = null;
  #asking = null;
  #stale = false; // a role was given since: the next token must be a new one
  #refused = false; // nobody is signed in, as far as can be seen without a window
  #press = 0;
  #window = null;
  #listeners = new Set();

  /** `settings`: {client_id, authority, scope}; `language`: what the page between two windows speaks. */
  constructor(settings, language) {
    this.settings = settings;
    this.language = language;
    this.failure = null; // {code, number} of the last try, see signin-failures.js; null where there is none to tell of
    this.waiting = false; // a window is open
  }

  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Where Entra ID sends its answer. Dynamics serves a web resource under several addresses, and one is registered: Entra
   * ID compares it exactly, the case of its path included. */
  get redirect() {
    return place("blank.html");
  }

  /** A bearer token, or null: the API then answers 401, and the page offers to sign in. One question at a time, however
   * many requests wait for its answer. */
  token() {
    return (this.#asking ??= this.#ask().finally(() => (this.#asking = null)));
  }

  /** The next token is asked of Entra ID anew: roles that were given meanwhile are in it. */
  renew() {
    this.#stale = true;
    this.#refused = false;
  }

  async #ask() {
    const forceRefresh = this.#stale;
    this.#stale = false;
    try {
      const client = await this.#ready();
      const account = client.getActiveAccount() || client.getAllAccounts()[0];
      if (!account && this.#refused) return null;
      const request = { scopes: [this.settings.scope] };
      return this.#took(account ? await client.acquireTokenSilent({ ...request, account, forceRefresh }) : await silently(client, request));
    } catch (error) {
      this.#refused = true;
      if (!this.waiting) this.#say({ failure: failureOf(error) });
      return null;
    }
  }

  /** A person pressed "Sign in": a window of Entra's own. Whether that led to a token; a press that another one followed
   * says nothing of it. */
  async now() {
    const press = ++this.#press;
    this.#say({ failure: null, waiting: true });
    const watch = setInterval(() => this.#isClosed() && press === this.#press && this.#say({ failure: failureOf({ errorCode: "user_cancelled" }), waiting: false }), LOOK);
    try {
      const client = this.#client || (await this.#ready()); // without a wait where possible: the window hangs on the click
      // Whoever presses again has done with the window before: MSAL.js does not see it closed, and would wait for it.
      const found = await client.acquireTokenPopup({ scopes: [this.settings.scope], overrideInteractionInProgress: true });
      this.#took(found);
      return true;
    } catch (error) {
      if (press === this.#press) this.#say({ failure: failureOf(error), waiting: false });
      return false;
    } finally {
      clearInterval(watch);
    }
  }

  #took(found) {
    this.#client.setActiveAccount(found.account);
    if (this.failure || this.waiting) this.#say({ failure: null, waiting: false });
    return found.accessToken;
  }

  /** Where Entra's page cuts the tie to whoever opened it, its window looks closed at once: then only that somebody is
   * back at this page tells. */
  #isClosed() {
    const shown = this.#window;
    if (!shown) return false;
    shown.gone = shown.window.closed && document.hasFocus() ? shown.gone + 1 : 0;
    return shown.gone === GONE;
  }

  #say(change) {
    Object.assign(this, change);
    for (const listener of this.#listeners) listener();
  }

  #ready() {
    return (this.#loading ??= this.#made().catch((error) => {
      this.#loading = null; // the next press tries again
      throw error;
    }));
  }

  async #made() {
    await load("../vendor/msal.js");
    const { client_id: clientId, authority } = this.settings;
    const relay = isFramedElsewhere() ? { popupRelayUri: place("relay.html", `lang=${this.language}`), popupRelayProtocolVersion: 2 } : {};
    const client = new window.msal.PublicClientApplication({
      auth: { clientId, authority, redirectUri: this.redirect, ...relay },
      cache: { cacheLocation: storageIsBlocked() ? "memoryStorage" : "sessionStorage" },
      system: { popupBridgeTimeout: PATIENCE },
    });
    await client.initialize();
    client.addEventCallback(({ eventType, payload }) => {
      if (eventType === "msal:popupOpened") this.#window = { window: payload.popupWindow, gone: 0 };
    });
    return (this.#client = client);
  }
}

/** By the name that one signs in with, which tells Entra ID which of several accounts is meant; once more without it
 * where Entra ID knows nobody of that name, for it may know the person by another one. What else kept the person out
 * would only be hidden by a second answer, or waited for twice. */
async function silently(client, request) {
  const loginHint = await signInName();
  if (!loginHint) return client.ssoSilent(request);
  return client.ssoSilent({ ...request, loginHint }).catch((error) => {
    const failure = failureOf(error);
    if (failure && failure.code !== "tenant") throw error;
    return client.ssoSilent(request);
  });
}

/** A page of ours; of a web resource's addresses always the same. `data` is the one parameter that Dynamics lets through. */
function place(name, data) {
  const url = new URL(isWebResource() ? `/WebResources/ofs_/${name}` : name, isWebResource() ? location.origin : document.baseURI);
  if (data) url.searchParams.set("data", data);
  return url.href;
}

/** In a frame of another site a browser keeps what this page stores apart from what a window of the same page stores, so
 * that an answer in the window is not heard here. */
function isFramedElsewhere() {
  if (window.parent === window) return false;
  if (location.ancestorOrigins) return [...location.ancestorOrigins].some((origin) => origin !== location.origin);
  try {
    return window.parent.location.origin !== location.origin;
  } catch {
    return true; // another origin
  }
}

function load(file) {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = new URL(file, import.meta.url).href;
    script.onload = done;
    script.onerror = () => failed({ errorCode: "library_not_loaded" });
    document.head.append(script);
  });
}

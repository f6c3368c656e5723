// Who is looking: a token for the app's API from Entra ID, or nothing where the app asks for none (the sandbox).

import { isWebResource, signInName } from "./dynamics.js";

let client = null;
let refused = false;

/** `config.sign_in`: {client_id, authority, scope}, or null. Returns what Api takes as `token`. */
export async function signIn(config) {
  if (!config.sign_in) return async () => null;
  const { client_id: clientId, authority, scope } = config.sign_in;
  await load("../vendor/msal.js");
  client = new window.msal.PublicClientApplication({
    auth: { clientId, authority, redirectUri: redirect() },
    cache: { cacheLocation: "sessionStorage" },
  });
  await client.initialize();
  const request = { scopes: [scope] };
  const ask = async () => {
    const account = client.getActiveAccount() || client.getAllAccounts()[0];
    if (!account && refused) return null;
    try {
      const found = account ? await client.acquireTokenSilent({ ...request, account }) : await silently(request);
      client.setActiveAccount(found.account);
      return found.accessToken;
    } catch {
      refused = true; // the API answers 401, and the page offers to sign in
      return null;
    }
  };
  let asking = null; // one question at a time, however many requests wait for its answer
  return () => (asking ??= ask().finally(() => (asking = null)));
}

/** By the name that one signs in with, which tells Entra ID which of several accounts is meant; once more without it,
 * for it may be another one than Entra ID knows. */
async function silently(request) {
  const loginHint = await signInName();
  if (!loginHint) return client.ssoSilent(request);
  return client.ssoSilent({ ...request, loginHint }).catch(() => client.ssoSilent(request));
}

/** A person pressed "Sign in": a window of Entra's own. False where there is nothing to sign in to. */
export async function signInNow(config) {
  if (!client) return false;
  // Whoever presses again has done with the window before: MSAL.js does not see it closed, and would wait for it.
  const found = await client.acquireTokenPopup({ scopes: [config.sign_in.scope], overrideInteractionInProgress: true });
  client.setActiveAccount(found.account);
  return true;
}

/** Where Entra ID sends its answer. Dynamics serves a web resource under several addresses, and one is registered: Entra
 * ID compares it exactly, the case of its path included. */
function redirect() {
  return isWebResource() ? `${location.origin}/WebResources/ofs_/blank.html` : new URL("blank.html", document.baseURI).href;
}

function load(file) {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = new URL(file, import.meta.url).href;
    script.onload = done;
    script.onerror = () => failed(new Error("The sign-in library could not be loaded."));
    document.head.append(script);
  });
}

// What both pages do first: theme, language, where the API is, who is looking.
import { Api } from "./api.js";
import { appUrl } from "./dynamics.js";
import { Host } from "./host.js";
import { signIn } from "./signin.js";
import { speak } from "./words.js";

export async function start() {
  const host = new Host();
  document.documentElement.dataset.theme = host.theme;
  speak(host.language);
  // As a web resource the page's own server is Dynamics: an environment variable there says where the app is, unless
  // `data` does (app=https://...).
  const app = host.option("app") || (await appUrl());
  const base = app ? `${app.replace(/\/+$/, "")}/api/` : new URL("../", document.baseURI).href;
  const config = await new Api(base).get("ui/config.json").catch(() => ({ sign_in: null }));
  const api = new Api(base, await signIn(config));
  return { host, api, config };
}

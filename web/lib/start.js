// What both pages do first: theme, language, where the API is, who is looking.
import { Api } from "./api.js";
import { appUrl } from "./dynamics.js";
import { Host } from "./host.js";
import { SignIn } from "./signin.js";
import { speak } from "./words.js";

/** `signIn` is null where the app asks for no token (the sandbox). `lacks` is set where the page does not know where the
 * app is: then there is nobody to ask. */
export async function start() {
  const host = new Host();
  document.documentElement.dataset.theme = host.theme;
  speak(host.language);
  // As a web resource the page's own server is Dynamics: an environment variable there says where the app is, unless
  // `data` does (app=https://...).
  const given = host.option("app");
  const { url: app, lacks } = given ? { url: given } : await appUrl();
  if (lacks) return { host, lacks };
  const base = app ? `${app.replace(/\/+$/, "")}/api/` : new URL("../", document.baseURI).href;
  const config = await new Api(base).get("ui/config.json").catch(() => ({ sign_in: null }));
  const signIn = config.sign_in && new SignIn(config.sign_in, host.language);
  const api = new Api(base, signIn ? () => signIn.token() : undefined);
  return { host, api, signIn };
}

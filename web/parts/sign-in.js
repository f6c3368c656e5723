// "You are not signed in", why the last try failed, and the button.
import { html, useEffect, useState } from "../lib/preact.js";
import { IN_THE_WINDOW, numberOf } from "../lib/signin-failures.js";
import { t } from "../lib/words.js";
import { Button, Message } from "./basics.js";

/** `signIn` as the page got it, followed: {failure, waiting, redirect, renew, press}; null where there is nothing to sign in to. */
export function useSignIn(signIn, reload) {
  const [, redraw] = useState(0);
  useEffect(() => signIn?.onChange(() => redraw((number) => number + 1)), [signIn]);
  if (!signIn) return null;
  const { failure, waiting, redirect } = signIn;
  return { failure, waiting, redirect, renew: () => signIn.renew(), press: async () => (await signIn.now()) && reload() };
}

/** `problem`: the API's 401. Where the app asks for a token and does not say whose, there is nothing to press. */
export function SignInMessage({ problem, signIn, title, onRetry }) {
  // Somebody may have mended meanwhile what kept the person out.
  const again = onRetry && html`<${Button} kind="small" onPress=${() => (signIn?.renew(), onRetry())}>${t("try_again")}<//>`;
  if (!signIn) return html`<${Message} kind="bad" title=${t("problem.signed_out")} actions=${again}>${t("signin.not_set_up")}<//>`;
  const { failure, waiting, redirect, press } = signIn;
  const holes = { redirect, site: location.host };
  const why = (code, number) => t(`signin.${code}`, { ...holes, code: number });
  // A token that the app does not take is no failure of Entra ID's: signing in once more seldom helps.
  const told = waiting ? t("signin.waiting") : failure ? why(failure.code, shown(failure)) : problem.withToken ? t("signin.token_refused") : t("problem.signed_out");
  const inWindow = waiting || ["closed", "no_answer"].includes(failure?.code);
  const actions = html`<${Button} kind="small" onPress=${press}>${t("sign_in")}<//>${again}`;
  return html`<${Message} kind=${waiting ? "info" : "bad"} title=${failure || waiting ? t("problem.signed_out") : title} actions=${actions}>
    <span class="told">${told}</span>
    ${inWindow &&
    html`<details>
      <summary>${t("signin.codes")}</summary>
      <dl>
        ${IN_THE_WINDOW.map((code) => html`<dt key=${code}>AADSTS${numberOf(code)}</dt><dd>${why(code, "")}</dd>`)}
        <dt>${t("signin.another_code")}</dt><dd>${t("signin.another_code.what")}</dd>
      </dl>
    </details>`}
  <//>`;
}

const shown = ({ number, word }) => (number ? `AADSTS${number}` : word || "");

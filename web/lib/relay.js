// Between a page that another site frames and Entra ID's window: what the one cannot hear from the other goes through here.
// https://learn.microsoft.com/entra/msal/javascript/browser/iframe-usage
import { Host } from "./host.js";
import { speak, t } from "./words.js";

const AUTHORITIES = ["https://login.microsoftonline.com", "https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn"];

speak(new Host().language);
document.title = t("sign_in");
const text = document.querySelector("p");
const button = document.querySelector("button");
text.textContent = t("relay.about");
button.textContent = t("relay.go_on");
button.addEventListener("click", () => {
  button.hidden = true;
  text.textContent = t("relay.waiting");
  try {
    window.msalPopupRelay.runPopupRelay({ protocolVersion: 2, allowedAuthorityOrigins: AUTHORITIES });
  } catch {
    text.textContent = t("relay.failed"); // opened by hand, or by a page that is gone
  }
});

// Why a sign-in failed, by Entra ID's number before its word, and by MSAL.js' code: each has its sentence, `signin.<code>`.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
// https://learn.microsoft.com/entra/msal/javascript/browser/errors

const BY_NUMBER = {
  50011: "redirect",
  500112: "redirect",
  9002326: "redirect", // registered, but not as a single-page application
  65001: "consent",
  90094: "consent",
  65004: "declined",
  50020: "tenant",
  50034: "tenant",
  90072: "tenant",
  50105: "assigned",
  700016: "unknown_app",
  500011: "unknown_app",
  50057: "disabled",
  53000: "policy",
  53001: "policy",
  53003: "policy",
  530032: "policy",
};
const BY_CODE = {
  popup_window_error: "popup",
  empty_window_error: "popup",
  user_cancelled: "closed",
  timed_out: "no_answer",
  redirect_bridge_empty_response: "no_answer",
  consent_required: "consent",
  storage_not_supported: "storage",
  no_network_connectivity: "network",
  network_error: "network",
  post_request_failed: "network",
  get_request_failed: "network",
  endpoints_resolution_error: "network",
  openid_config_error: "network",
  library_not_loaded: "library",
};
// Nothing is wrong: nobody, or more than one, is signed in to this browser, or a second factor is due.
const ONLY_A_PRESS = new Set(["login_required", "interaction_required", "no_account_error", "no_tokens_found", "refresh_token_expired"]);
const ONLY_A_PRESS_NUMBERS = new Set([16000, 50058, 50072, 50074, 50076, 50079, 50158, 50173, 70043, 700082, 700084]);
// What Entra ID tells in its own window alone, never to the page that asks.
export const IN_THE_WINDOW = ["redirect", "unknown_app", "tenant", "assigned", "consent", "policy"];
const NUMBER_OF = { redirect: 50011, unknown_app: 700016, tenant: 50020, assigned: 50105, consent: 90094, policy: 53003 };

/** {code, number}: what has a sentence, and Entra's own number where it gave one; null where pressing "Sign in" is all. */
export function failureOf(error) {
  const number = Number(/AADSTS(\d+)/.exec(error?.errorMessage || error?.message || "")?.[1] || 0);
  const word = String(error?.errorCode || error?.name || "unknown");
  if (BY_NUMBER[number]) return { code: BY_NUMBER[number], number };
  if (ONLY_A_PRESS_NUMBERS.has(number)) return null;
  if (word === "SecurityError") return { code: "storage", number };
  const code = BY_CODE[word] || (BY_CODE[error?.subError] ?? null);
  if (["closed", "no_answer"].includes(code) && storageIsBlocked()) return { code: "storage", number };
  if (code) return { code, number };
  if (ONLY_A_PRESS.has(word)) return null;
  return { code: "other", number, word };
}

/** Entra's number for a failure that its window tells. */
export const numberOf = (code) => NUMBER_OF[code];

/** Whether the browser keeps this page from storing anything. */
export function storageIsBlocked() {
  try {
    return !window.sessionStorage;
  } catch {
    return true;
  }
}

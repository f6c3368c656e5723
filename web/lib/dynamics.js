// Dynamics' own Web API, for a page that is a web resource: of the same origin, so the session's cookie is enough.
// https://learn.microsoft.com/power-apps/developer/model-driven-apps/clientapi/walkthrough-write-html-web-resource
const API = "/api/data/v9.2/";
const APP = "environmentvariabledefinition_environmentvariablevalue";

/** Whether this page is a web resource, under whichever of its addresses. */
export const isWebResource = () => /\/webresources\/ofs_\//i.test(location.pathname);

class Unanswered extends Error {
  constructor(status) {
    super(`Dynamics answered ${status}`);
    this.status = status;
  }
}

async function ask(path) {
  const answer = await fetch(API + path, { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw new Unanswered(answer.status);
  return answer.json();
}

/** The function app's address, which `connect` sets in the environment variable ofs_AppUrl: {url, lacks}; `lacks` is why
 * there is none: "role" where this person may not read it, "address" where nobody has set it, "dynamics" where it cannot
 * be asked. */
export async function appUrl() {
  if (!isWebResource()) return { url: "" };
  const query = `$select=defaultvalue&$filter=schemaname eq 'ofs_AppUrl'&$expand=${APP}($select=value)`;
  try {
    const { value } = await ask(`environmentvariabledefinitions?${encodeURI(query)}`);
    const [found] = value;
    const url = found?.[APP]?.[0]?.value || found?.defaultvalue || "";
    return { url, lacks: url ? "" : "address" };
  } catch (error) {
    return { url: "", lacks: error.status === 403 ? "role" : "dynamics" };
  }
}

/** What who is looking signs in with: not the name that Dynamics shows. "" where it cannot be read. */
export async function signInName() {
  if (!isWebResource()) return "";
  try {
    const { UserId: id } = await ask("WhoAmI");
    return (await ask(`systemusers(${id})?$select=domainname`)).domainname || "";
  } catch {
    return "";
  }
}

// Dynamics' own Web API, for a page that is a web resource: of the same origin, so the session's cookie is enough.
// https://learn.microsoft.com/power-apps/developer/model-driven-apps/clientapi/walkthrough-write-html-web-resource
const API = "/api/data/v9.2/";
const APP = "environmentvariabledefinition_environmentvariablevalue";

/** Whether this page is a web resource, under whichever of its addresses. */
export const isWebResource = () => /\/webresources\/ofs_\//i.test(location.pathname);

async function ask(path) {
  const answer = await fetch(API + path, { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw new Error(`Dynamics answered ${answer.status}`);
  return answer.json();
}

/** The function app's address, which `connect` sets in the environment variable ofs_AppUrl; "" where there is none. */
export async function appUrl() {
  if (!isWebResource()) return "";
  const query = `$select=defaultvalue&$filter=schemaname eq 'ofs_AppUrl'&$expand=${APP}($select=value)`;
  const { value } = await ask(`environmentvariabledefinitions?${encodeURI(query)}`).catch(() => ({ value: [] }));
  const [found] = value;
  return found?.[APP]?.[0]?.value || found?.defaultvalue || "";
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

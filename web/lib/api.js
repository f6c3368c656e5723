// The app's API: JSON in, JSON out; whatever goes wrong becomes a Problem that says what to do about it.

export class Problem extends Error {
  constructor(status, title, detail, body = {}) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.body = body; // what the answer says besides: errors, contract_id, a new plan ...
    this.retryAfter = Number(body.retry_after) || 0;
  }
}

/** `base`: where the API is, ending in "/"; `token()`: a bearer token, or null where none is needed. */
export class Api {
  constructor(base, token = async () => null) {
    this.base = base;
    this.token = token;
  }

  get(route) {
    return this.ask("GET", route);
  }

  post(route, body = {}) {
    return this.ask("POST", route, body);
  }

  put(route, body = {}, headers = {}) {
    return this.ask("PUT", route, body, headers);
  }

  del(route) {
    return this.ask("DELETE", route);
  }

  async ask(verb, route, body, headers = {}) {
    const token = await this.token();
    const sent = { Accept: "application/json", ...headers };
    if (token) sent.Authorization = `Bearer ${token}`;
    if (body !== undefined) sent["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(this.base + route, {
        method: verb,
        headers: sent,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
      });
    } catch {
      throw new Problem(0, "unreachable", "");
    }
    const content = await read(answer);
    if (answer.ok) return content;
    if (content && !content.retry_after && answer.headers.get("Retry-After")) {
      content.retry_after = answer.headers.get("Retry-After");
    }
    const problem = new Problem(answer.status, content?.title || answer.statusText, content?.detail || "", content || {});
    problem.withToken = Boolean(token); // a 401 then says that the app does not take it
    throw problem;
  }

  /** All pages of a list: `name` is its member. */
  async all(route, name) {
    const found = [];
    let next = null;
    do {
      const page = await this.get(next ? `${route}${route.includes("?") ? "&" : "?"}next=${encodeURIComponent(next)}` : route);
      found.push(...page[name]);
      next = page.next;
    } while (next);
    return found;
  }
}

async function read(answer) {
  const text = await answer.text();
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return { detail: "" };
  }
}

/** A part of an address. */
export const part = (text) => encodeURIComponent(String(text));

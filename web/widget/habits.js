// What a person chose once, remembered by their browser where it lets us.
const NAME = "oneflow.at-once";

export function atOnce() {
  try {
    return localStorage.getItem(NAME) === "yes";
  } catch {
    return false;
  }
}

/** Push and fetch without showing the changes first. */
export function setAtOnce(on) {
  try {
    localStorage.setItem(NAME, on ? "yes" : "no");
  } catch {
    // A browser that keeps nothing for framed pages asks each time.
  }
}

/** A key of this request's own, so that asking again makes no second contract. */
export function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

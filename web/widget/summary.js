// What a push or fetch came to, in one message.
import { t } from "../lib/words.js";
import { left, written } from "./desk.js";

/** `results`: {result} or {problem} by contract id; `skipped`: closed contracts that were left. */
export function summary(action, results, skipped) {
  const all = Object.values(results);
  if (!all.length) return null; // nothing was run: the dialog says why
  const good = all.filter(({ result }) => result && written(result).length);
  const fields = good.reduce((sum, { result }) => sum + written(result).length, 0);
  const failed = all.filter(({ result, problem }) => problem || result.outcome === "blocked").length;
  const partial = all.filter(({ result }) => result && result.outcome !== "blocked" && left(result).length).length;
  const rest = [failed && t("w.sum_failed", { n: failed }), partial && t("w.sum_partial", { n: partial }), skipped && t("w.skipped", { n: skipped })].filter(Boolean);
  if (!good.length && !failed && !partial) return { kind: "info", title: t(`w.${action}_nothing`), text: rest.join(" ") };
  const title = good.length ? (action === "push" ? t("w.pushed", { n: good.length }) : t("w.fetched", { n: fields })) : t(`w.${action}_none`);
  return { kind: failed ? "bad" : partial ? "warn" : "good", title, text: rest.join(" ") };
}

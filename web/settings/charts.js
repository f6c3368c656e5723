// What was carried lately, from the app's own hourly counters: bars with their numbers, readable without colour.
import { html, useState } from "../lib/preact.js";
import { t } from "../lib/words.js";
import { Button, ProblemMessage, Select, Stencils, useLoaded } from "../parts/basics.js";

const SPANS = { day: 24, month: 24 * 30 };
const WIDTH = 480;
const HEIGHT = 96;

// Each: what of an hour, and how the hours of a day are put together.
const sum = (name) => (hours) => hours.reduce((all, one) => all + one[name], 0);
const CHARTS = [
  { name: "edits", of: sum("edits"), unit: "count" },
  { name: "time", of: (hours) => sum("webhook_seconds")(hours) / (sum("webhooks")(hours) || 1), unit: "seconds", whole: "average" },
  { name: "drift", of: sum("drift"), unit: "count" },
  { name: "refusals", of: sum("refusals"), unit: "count" },
  { name: "dead_letters", of: sum("dead_letters"), unit: "count" },
  { name: "rate", of: (hours) => Math.max(0, ...hours.map((one) => one.rate_limit_most)), unit: "share", whole: "most" },
];

export function Charts({ api }) {
  const [span, setSpan] = useState("day");
  const [{ content, problem, loading }, load] = useLoaded(() => api.get(`measures?hours=${SPANS[span]}`), [span]);
  const slots = content && grouped(content.hours, span);
  return html`<section class="card pad stack" aria-labelledby="charts">
    <div class="row apart">
      <h2 id="charts">${t("charts.title")}</h2>
      <span class="row spans">
        <${Select} aria-label=${t("charts.span")} options=${Object.keys(SPANS).map((value) => ({ value, label: t(`charts.${value}`) }))} value=${span} onChange=${setSpan} />
        <${Button} kind="subtle" icon="refresh" busy=${loading} onPress=${load}>${t("refresh")}<//>
      </span>
    </div>
    ${problem && html`<${ProblemMessage} problem=${problem} title=${t("charts.not_loaded")} onRetry=${load} />`}
    ${!content && !problem && html`<${Stencils} count=${2}><div class="stencil tall" /><//>`}
    ${content && html`<div class="charts">${CHARTS.map((one) => html`<${Chart} key=${one.name} chart=${one} slots=${slots} hours=${content.hours} span=${span} />`)}</div>`}
  </section>`;
}

/** [{label, hours}]: an hour each of a day, a day each of a month. */
function grouped(hours, span) {
  const found = new Map();
  for (const one of hours) {
    const at = new Date(one.hour);
    const label = span === "day" ? clock(at) : day(at);
    const key = span === "day" ? one.hour : at.toDateString();
    if (!found.has(key)) found.set(key, { label, hours: [] });
    found.get(key).hours.push(one);
  }
  return [...found.values()];
}

const locale = () => document.documentElement.lang || "en";
const clock = (at) => new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(at);
const day = (at) => new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short" }).format(at);

function shown(value, unit) {
  if (unit === "share") return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(value);
  if (unit === "seconds") return t("charts.seconds", { n: new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(value) });
  return new Intl.NumberFormat(locale()).format(value);
}

function Chart({ chart, slots, hours, span }) {
  const values = slots.map((slot) => chart.of(slot.hours));
  const top = Math.max(...values, 0);
  const scale = chart.unit === "share" ? Math.max(top, 1) : top; // of a limit the whole height is the limit
  const whole = shown(chart.of(hours), chart.unit);
  const step = WIDTH / values.length;
  const id = `chart-${chart.name}`;
  const at = values.indexOf(top);
  const about = top > 0 ? t("charts.about", { whole, top: shown(top, chart.unit), when: slots[at].label }) : t("charts.nothing");
  return html`<figure class="chart" aria-labelledby=${id}>
    <figcaption id=${id}>
      <span class="strong">${t(`charts.${chart.name}`)}</span>
      <span class="quiet small block">${t(`charts.whole.${chart.whole || "sum"}`)}: ${whole}</span>
    </figcaption>
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT + 18}`} role="img" aria-label=${about}>
      <line x1="0" x2=${WIDTH} y1=${HEIGHT} y2=${HEIGHT} class="axis" />
      ${values.map((value, place) => {
        const height = top > 0 ? Math.max(value > 0 ? 3 : 0, (value / scale) * (HEIGHT - 16)) : 0;
        return html`<rect x=${place * step + step * 0.12} y=${HEIGHT - height} width=${step * 0.76} height=${height} class="bar"><title>${slots[place].label}: ${shown(value, chart.unit)}</title></rect>`;
      })}
      ${top > 0 && html`<text x=${Math.min(Math.max(at * step + step / 2, 16), WIDTH - 16)} y=${11} text-anchor="middle" class="most">${shown(top, chart.unit)}</text>`}
      <text x="0" y=${HEIGHT + 14}>${slots[0]?.label}</text>
      <text x=${WIDTH} y=${HEIGHT + 14} text-anchor="end">${slots.at(-1)?.label}</text>
    </svg>
    <details class="folded">
      <summary class="quiet small">${t("charts.numbers")}</summary>
      <div class="scroll" tabindex="0" role="region" aria-label=${`${t(`charts.${chart.name}`)}: ${t("charts.numbers")}`}>
        <table>
          <thead><tr><th scope="col">${t(span === "day" ? "charts.hour" : "charts.date")}</th><th scope="col" class="number">${t(`charts.${chart.name}`)}</th></tr></thead>
          <tbody>
            ${slots.map((slot, place) => html`<tr><th scope="row">${slot.label}</th><td class="number">${shown(values[place], chart.unit)}</td></tr>`)}
          </tbody>
        </table>
      </div>
    </details>
  </figure>`;
}

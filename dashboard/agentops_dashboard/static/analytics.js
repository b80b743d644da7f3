// Charts by plotly, from the figures in the page. A click leads to the sessions behind, a drag sets the range.
import { $, $$ } from "./page.js";

delete document.head.appendChild;
const data = JSON.parse($("#data").textContent);
const query = $("#charts").dataset.query;
const style = (name) => {
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  probe.style.color = `var(--${name})`;
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
};
const times = data.points.map((point) => new Date(point.start_ns / 1e6));
const width = (data.points[0].end_ns - data.points[0].start_ns) / 1e6;
const STATES = { success: ["Completed", "session"], error: ["Failed", "error"], running: ["Running", "running"], paused: ["Paused", "human"], abandoned: ["Abandoned", "warn"], cancelled: ["Cancelled", "muted"], indeterminate: ["No verdict", "event"] };
const SERIES = ["llm", "agent", "tool", "running", "handoff", "retriever", "memory", "guardrail", "event"];

const seconds = (ms) => (ms == null ? null : ms / 1000);
const bars = (name, values, tone, extra = {}) => ({ type: "bar", name, x: times, y: values, marker: { color: style(tone) }, width: width * 0.86, offset: 0, hovertemplate: `%{y} ${name}<extra></extra>`, ...extra });
const line = (name, values, tone, extra = {}) => ({ type: "scatter", mode: "lines+markers", name, x: times, y: values, connectgaps: true, line: { color: style(tone), width: 1.75 }, marker: { size: 4 }, ...extra });

function layout(extra = {}) {
  const grid = style("line");
  const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, tickfont: { size: 11 }, automargin: true };
  return {
    margin: { l: 44, r: 12, t: 26, b: 24 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", barmode: "stack", bargap: 0.1,
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: style("text-2") }, hovermode: "x unified", dragmode: "zoom",
    hoverlabel: { bgcolor: style("surface"), bordercolor: style("line-strong"), font: { color: style("text"), size: 12 } },
    showlegend: true, legend: { orientation: "h", x: 0, y: 1.18, font: { size: 11 }, traceorder: "normal" },
    xaxis: { ...axis, type: "date", showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "dot", spikecolor: style("text-3"), ...extra.xaxis },
    yaxis: { ...axis, rangemode: "tozero", fixedrange: true, ...extra.yaxis },
  };
}

const CHARTS = {
  "plot-sessions": () => [Object.entries(data.states).map(([state, values]) => bars(...[STATES[state]?.[0] ?? state, values, STATES[state]?.[1] ?? "event"], { meta: state, opacity: state === "success" ? 0.45 : 1 })), layout({ yaxis: { tickformat: "d" } })],
  "plot-cost": () => [Object.entries(data.split).map(([label, values], index) => bars(label, values, SERIES[index % SERIES.length], { meta: `${data.group}:"${label}"`, hovertemplate: `$%{y:.4f} ${label.replaceAll("%", "")}<extra></extra>` })), layout({ yaxis: { tickprefix: "$" } })],
  "plot-duration": () => [[line("p50", data.points.map((p) => seconds(p.p50_ms)), "llm"), line("p95", data.points.map((p) => seconds(p.p95_ms)), "tool"), line("p99", data.points.map((p) => seconds(p.p99_ms)), "error", { line: { color: style("error"), width: 1.25, dash: "dot" } })], layout({ yaxis: { ticksuffix: " s" } })],
  "plot-tokens": () => [[bars("input", data.points.map((p) => p.input), "running"), bars("cached", data.points.map((p) => p.cached), "retriever"), bars("output", data.points.map((p) => p.output), "llm"), bars("reasoning", data.points.map((p) => p.reasoning), "agent")], layout()],
  "plot-failures": () => [[line("failed", data.points.map((p) => (p.sessions ? p.failed / p.sessions : null)), "error", { fill: "tozeroy", hovertemplate: "%{y:.1%} failed<extra></extra>" })], { ...layout({ yaxis: { tickformat: ".0%", range: [0, 1] } }), showlegend: false }],
  "plot-spread": () => {
    const { edges_ms: edges, counts } = data.durations;
    const middles = counts.map((_, i) => seconds(Math.sqrt(edges[i] * edges[i + 1])));
    const bar = { type: "bar", x: middles, y: counts, width: counts.map((_, i) => seconds(edges[i + 1] - edges[i]) * 0.94), marker: { color: style("session") }, hovertemplate: "about %{x:.2~f} s: %{y} sessions<extra></extra>", meta: "spread" };
    return [[bar], { ...layout({ xaxis: { type: "log", ticksuffix: " s", showspikes: false }, yaxis: { tickformat: "d" } }), showlegend: false, hovermode: "closest" }];
  },
};

function goToList(from, to, terms) {
  const url = new URL("/sessions", location.href);
  if (terms) url.searchParams.set("q", terms);
  if (from) { url.searchParams.set("from", from.toISOString()); url.searchParams.set("to", to.toISOString()); }
  location.assign(url);
}

function clicked(id, { points: [point] }) {
  const extra = id === "plot-sessions" ? `status:${point.data.meta}` : id === "plot-failures" ? "status:error" : id === "plot-cost" && !/"\((none|other)\)"$/.test(point.data.meta) ? point.data.meta : "";
  const terms = [query, extra].filter(Boolean).join(" ");
  if (id === "plot-spread") {
    const { edges_ms: edges } = data.durations;
    const i = point.pointIndex;
    return goToList(null, null, `${query} duration:>=${Math.floor(edges[i] * 1000) / 1000}ms duration:<=${Math.ceil(edges[i + 1] * 1000) / 1000}ms`.trim());
  }
  const start = data.points[point.pointIndex];
  goToList(new Date(start.start_ns / 1e6), new Date(start.end_ns / 1e6), terms);
}

function zoomed(change) {
  const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
  if (!from || !to) return;
  const url = new URL(location.href);
  url.searchParams.delete("range");
  url.searchParams.set("from", new Date(from).toISOString());
  url.searchParams.set("to", new Date(to).toISOString());
  location.assign(url);
}

function draw() {
  for (const [id, make] of Object.entries(CHARTS)) {
    const plot = document.getElementById(id);
    const [traces, shape] = make();
    plot.replaceChildren();
    window.Plotly.newPlot(plot, traces, shape, { displayModeBar: false, responsive: true });
    plot.removeAllListeners?.("plotly_click");
    plot.on("plotly_click", (event) => clicked(id, event));
    if (id !== "plot-spread") plot.on("plotly_relayout", zoomed);
  }
}

for (const button of $$("[data-log]")) button.addEventListener("click", () => {
  const isLog = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", isLog);
  window.Plotly.relayout(button.dataset.log, { "yaxis.type": isLog ? "log" : "linear" });
});
draw();
document.addEventListener("themechange", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

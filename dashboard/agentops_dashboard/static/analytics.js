// Charts by plotly, from the figures in the page. A click leads to the sessions behind, a drag sets the range.
import "./completion.js";
import "./views.js";
import { duration, largest, secondsByRatio, secondsFrom0, whole } from "./scales.js";
import { $, $$, failedPanel, fromWallTime, momentOf, nodes, piece, toast, wallTime } from "./page.js";

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
const times = data.points.map((point) => wallTime(point.start_ns / 1e6));
const width = (data.points[0].end_ns - data.points[0].start_ns) / 1e6;
const STATES = { success: ["Completed", "session"], error: ["Failed", "error"], running: ["Running", "running"], paused: ["Paused", "human"], abandoned: ["Abandoned", "warn"], cancelled: ["Cancelled", "muted"], indeterminate: ["No verdict", "event"] };
const SERIES = ["llm", "agent", "tool", "running", "handoff", "retriever", "memory", "guardrail", "event"];

const seconds = (ms) => (ms == null ? null : ms / 1000);
// The library takes names for markup; here they are text. A long one would cover what it names.
const plain = (text, most = 48) => (text.length > most ? `${text.slice(0, most - 1)}…` : text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("%", "");
const bars = (label, values, tone, extra = {}) => ({ type: "bar", name: plain(label, 28), label, x: times, y: values, marker: { color: style(tone) }, width: width * 0.86, offset: 0, hovertemplate: `%{y} ${plain(label)}<extra></extra>`, ...extra });
const line = (label, values, tone, extra = {}) => ({ type: "scatter", mode: "lines+markers", name: plain(label, 28), label, x: times, y: values, connectgaps: false, cliponaxis: false, line: { color: style(tone), width: 1.75 }, marker: { size: 4 }, ...extra });

function layout(extra = {}) {
  const grid = style("line");
  const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, tickfont: { size: 11 }, automargin: true };
  return {
    margin: { l: 44, r: 12, t: 26, b: 24 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", barmode: "stack", bargap: 0.1,
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: style("text-2") }, hovermode: "x unified", dragmode: "zoom",
    hoverlabel: { bgcolor: style("surface"), bordercolor: style("line-strong"), font: { color: style("text"), size: 12 } },
    showlegend: true, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 11 }, traceorder: "normal" },
    xaxis: { ...axis, type: "date", showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "dot", spikecolor: style("text-3"), ...extra.xaxis },
    yaxis: { ...axis, rangemode: "tozero", fixedrange: true, ...extra.yaxis },
    ...(extra.yaxis2 && { yaxis2: extra.yaxis2 }),
  };
}

// All charts over time show the same time, so that one stands below the other.
const layoutOf = (traces, extra) => [traces, layout({ ...extra, xaxis: { range: [times[0], wallTime(data.points.at(-1).end_ns / 1e6)] } })];
// What lies below a line is filled as if there were no gaps in it, and a gap is no value.
const fill = (values) => (values.includes(null) ? {} : { fill: "tozeroy" });
const inSeconds = (traces, isStacked) => {
  for (const trace of traces) Object.assign(trace, { text: trace.y.map((value) => (value == null ? "" : duration(value))), textposition: "none", hovertemplate: `%{text} ${plain(trace.label)}<extra></extra>` });
  return layoutOf(traces, { yaxis: secondsFrom0(largest(traces, isStacked)) });
};
// Three percentiles; where nothing was measured the line has a gap, which is not 0.
const percentiles = (values) => inSeconds([line("p50", values.map((v) => seconds(v?.[0])), "llm"), line("p95", values.map((v) => seconds(v?.[1])), "tool"), line("p99", values.map((v) => seconds(v?.[2])), "agent", { line: { color: style("agent"), width: 1.25, dash: "dot" } })]);
const isMoney = data.measure === "cost";
const pick = (name) => data.points.map((point) => point[name]);
const hits = () => data.points.map((p) => (p.input + p.cached ? p.cached / (p.input + p.cached) : null));

const CHARTS = {
  "plot-sessions": () => {
    const states = [...new Set(data.points.flatMap((point) => Object.keys(point.states)))].sort();
    const traces = states.map((state) => bars(STATES[state]?.[0] ?? state, data.points.map((point) => point.states[state] ?? 0), STATES[state]?.[1] ?? "event", { meta: state, opacity: state === "success" ? 0.45 : 1 }));
    return layoutOf(traces, { yaxis: whole(largest(traces, true)) });
  },
  "plot-split": () => layoutOf(Object.entries(data.split).map(([label, values], index) => bars(label, values, SERIES[index % SERIES.length], { meta: `${data.group}:"${label}"`, hovertemplate: `${isMoney ? "$%{y:.4f}" : "%{y:,}"} ${plain(label)}<extra></extra>` })), { yaxis: { tickprefix: isMoney ? "$" : "" } }),
  "plot-duration": () => percentiles(data.points.map((p) => (p.p50_ms == null ? null : [p.p50_ms, p.p95_ms, p.p99_ms]))),
  "plot-tokens": () => layoutOf([bars("input", pick("input"), "running"), bars("cached", pick("cached"), "retriever"), bars("output", pick("output"), "llm"), bars("reasoning", pick("reasoning"), "agent"), line("cache hits", hits(), "text-3", { yaxis: "y2", mode: "lines", line: { color: style("text-2"), width: 1.25, dash: "dot" }, hovertemplate: "%{y:.1%} of input from cache<extra></extra>" })], { yaxis2: { overlaying: "y", side: "right", tickformat: ".0%", range: [0, 1], showgrid: false, automargin: true, tickvals: [0, 0.5, 1], fixedrange: true, tickfont: { size: 11 } } }),
  "plot-failures": () => {
    const shares = data.points.map((p) => (p.sessions ? p.failed / p.sessions : null));
    const [traces, shape] = layoutOf([line("failed", shares, "error", { ...fill(shares), hovertemplate: "%{y:.1%} failed<extra></extra>" })], { yaxis: { tickformat: ".0%", range: [0, 1] } });
    return [traces, { ...shape, showlegend: false }];
  },
  "plot-spread": () => {
    const { edges_ms: edges, counts } = data.durations;
    const middles = counts.map((_, i) => seconds(Math.sqrt(edges[i] * edges[i + 1])));
    const bar = { type: "bar", x: middles, y: counts, width: counts.map((_, i) => seconds(edges[i + 1] - edges[i]) * 0.94), marker: { color: style("session") }, text: middles.map(duration), textposition: "none", hovertemplate: "about %{text}: %{y} sessions<extra></extra>", meta: "spread" };
    return [[bar], { ...layout({ xaxis: { type: "log", ...secondsByRatio(middles[0], middles.at(-1)), showspikes: false }, yaxis: whole(Math.max(...counts)) }), showlegend: false, hovermode: "closest" }];
  },
  "plot-llm": () => percentiles(data.pace.points.map((p) => p.llm)),
  "plot-tool": () => percentiles(data.pace.points.map((p) => p.tool)),
  "plot-first": () => percentiles(data.pace.points.map((p) => p.first_token)),
  "plot-speed": () => layoutOf(Object.entries(data.pace.speeds).map(([model, values], index) => line(model, values, SERIES[index % SERIES.length], { meta: `model:"${model}"`, hovertemplate: `%{y:.0f} tok/s ${plain(model)}<extra></extra>` })), {}),
};
function pie(all, meaning, format, named) {
  const groups = all.filter(([, values]) => values[0]); // nothing is no part of a whole
  const trace = {
    type: "pie", labels: groups.map(([label]) => plain(named(label))), values: groups.map(([, values]) => values[0]), customdata: groups.map(([label]) => meaning(label)), sort: false, hole: 0.45,
    marker: { colors: groups.map((_, index) => style(SERIES[index % SERIES.length])), line: { color: style("surface"), width: 1 } }, textinfo: "percent", hovertemplate: `${format.replaceAll("%{y", "%{value")} %{label}<extra></extra>`,
  };
  return [[trace], { ...layout(), legend: { font: { size: 11 } }, hovermode: "closest" }];
}

function histogram(own, groups, meaning, named) {
  const { edges } = own;
  const isWide = edges[0] > 0 && edges.at(-1) > 20 * edges[0];
  const middles = edges.slice(1).map((edge, i) => (isWide ? Math.sqrt(edge * edges[i]) : (edge + edges[i]) / 2));
  const widths = edges.slice(1).map((edge, i) => (edge - edges[i]) * 0.94);
  const isTime = own.unit === "s";
  const traces = groups.map(([label, counts], index) => ({
    type: "bar", name: plain(named(label), 28), label: named(label), text: isTime ? middles.map(duration) : undefined, textposition: "none", x: middles, y: counts, width: widths, meta: meaning(label), marker: { color: style(own.group ? SERIES[index % SERIES.length] : "session") },
    hovertemplate: `about ${isTime ? "%{text}" : own.unit === "$" ? "$%{x:.3~s}" : `%{x:.3~s} ${own.unit}`}: %{y} ${own.group ? plain(named(label)) : "sessions"}<extra></extra>`,
  }));
  const ends = own.unit === "$" ? { tickprefix: "$" } : !isTime ? { ticksuffix: own.unit && ` ${own.unit}` } : isWide ? secondsByRatio(middles[0], middles.at(-1)) : secondsFrom0(edges.at(-1));
  return [traces, { ...layout({ xaxis: { type: isWide ? "log" : "linear", showspikes: false, ...ends }, yaxis: whole(largest(traces, true)) }), showlegend: Boolean(own.group), hovermode: "closest" }];
}

for (const own of data.own) {
  if (["table", "number"].includes(own.shape) || !Object.keys(own.groups).length) continue;
  const format = { $: "$%{y:.4f}", s: "%{y:.3~s} s", "%": "%{y:.1%}" }[own.unit] ?? "%{y:,}";
  const axis = { $: { tickprefix: "$" }, "%": { tickformat: ".0%", range: [0, 1] } }[own.unit] ?? {};
  const make = own.shape === "bars" ? bars : line;
  const filled = (values) => (own.shape !== "area" ? {} : own.stacks ? { mode: "lines", stackgroup: "one" } : fill(values));
  const meaning = (label) => [own.query, own.group && `${own.group}:"${label}"`].filter(Boolean).join(" ");
  const named = (label) => (own.group === "status" && STATES[label]?.[0]) || label;
  const groups = Object.entries(own.groups);
  if (own.shape === "pie") { CHARTS[own.id] = () => pie(groups, meaning, format, named); continue; }
  if (own.shape === "histogram") { CHARTS[own.id] = () => histogram(own, groups, meaning, named); continue; }
  CHARTS[own.id] = () => {
    const drawn = groups.map(([label, values], index) => make(named(label), values, SERIES[index % SERIES.length], { meta: meaning(label), hovertemplate: `${format} ${plain(named(label))}<extra></extra>`, ...filled(values) }));
    const [traces, shape] = own.unit === "s" ? inSeconds(drawn, own.stacks && own.shape !== "line") : layoutOf(drawn, { yaxis: axis });
    return [traces, { ...shape, barmode: own.stacks ? "stack" : "group", showlegend: Boolean(own.group) }];
  };
}
const OWN = new Map(data.own.map((own) => [own.id, own]));
// What is measured of sessions can be asked for in the list, in the unit that it is measured in.
const ASKED = { duration: (v) => `${v}s`, cost: String, tokens: String, llm: String, tools: String, errors: String };
function inBar(own, i) {
  const write = own.group && ["model", "tool", "agent"].includes(own.group) && own.measure !== "duration" ? null : ASKED[own.measure];
  const round = (value, how) => how(value * 1e6) / 1e6;
  return write ? `${own.measure}:>=${write(round(own.edges[i], Math.floor))} ${own.measure}:<=${write(round(own.edges[i + 1], Math.ceil))}` : "";
}
const OF_SPANS = { "plot-llm": "has:llm", "plot-tool": "has:tool", "plot-first": "has:llm" };

function goToList(from, to, terms) {
  const url = new URL("/sessions", location.href);
  if (terms) url.searchParams.set("q", terms);
  if (from) { url.searchParams.set("from", momentOf(from)); url.searchParams.set("to", momentOf(to)); }
  else for (const name of ["range", "from", "to"]) { const value = new URLSearchParams(location.search).get(name); if (value) url.searchParams.set(name, value); }
  location.assign(url);
}

function clicked(id, { points: [point] }) {
  const meta = point.customdata ?? point.data.meta;
  const own = OWN.get(id) ?? (data.pace?.splits[id.slice(5)] && { shape: "line" });
  const named = /"\((none|other)\)"$/.test(meta) ? "" : meta;
  const extra = own || /^plot-(split|speed)/.test(id) ? named : id === "plot-sessions" ? `status:${meta}` : id === "plot-failures" ? "status:error" : OF_SPANS[id] ?? "";
  const terms = [query, extra].filter(Boolean).join(" ");
  if (own?.shape === "pie") return goToList(null, null, terms);
  if (own?.shape === "histogram") return goToList(null, null, [terms, inBar(own, point.pointIndex)].filter(Boolean).join(" "));
  if (id === "plot-spread") {
    const { edges_ms: edges } = data.durations;
    const i = point.pointIndex;
    // The first bar holds what is shorter, too.
    const least = i ? `duration:>=${Math.floor(edges[i] * 1000) / 1000}ms` : "";
    return goToList(null, null, [query, least, `duration:<=${Math.ceil(edges[i + 1] * 1000) / 1000}ms`].filter(Boolean).join(" "));
  }
  const start = data.points[point.pointIndex];
  // An interval of the clock may begin before the range does, and end after it.
  goToList(Math.max(start.start_ns, data.since_ns), Math.min(start.end_ns, data.until_ns), terms);
}

function zoomed(change) {
  const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
  if (!from || !to) return;
  const url = new URL(location.href);
  url.searchParams.delete("range");
  url.searchParams.set("from", fromWallTime(from).toISOString());
  url.searchParams.set("to", fromWallTime(to).toISOString());
  location.assign(url);
}

/** A hair at the same moment in every other chart over time. */
function hair(id, event) {
  for (const other of $$(".plot.js-plotly-plot")) {
    let mark = $(".hair", other.parentElement);
    if (!event || other.id === id || other.id === "plot-spread") { mark?.remove(); continue; }
    const axis = other._fullLayout.xaxis;
    mark ??= other.parentElement.appendChild(Object.assign(document.createElement("i"), { className: "hair" }));
    mark.style.left = `${other.offsetLeft + axis._offset + axis.d2p(event.points[0].x) + (axis.d2p(times[1] ?? times[0]) - axis.d2p(times[0])) / 2}px`;
    mark.style.top = `${other.offsetTop + other._fullLayout._size.t}px`;
    mark.style.height = `${other._fullLayout._size.h}px`;
  }
}

const hasFigures = (traces) => traces.some((trace) => (trace.y ?? trace.values).some((value) => value != null));

function draw(ids = Object.keys(CHARTS)) {
  for (const id of ids) {
    const plot = document.getElementById(id);
    if (!plot || (!data.pace && /-(llm|tool|first|speed)$/.test(id))) continue;
    const [traces, shape] = CHARTS[id]();
    plot.removeAllListeners?.();
    plot.replaceChildren();
    const hasTime = !["pie", "histogram"].includes(OWN.get(id)?.shape) && id !== "plot-spread";
    if (!hasFigures(traces)) { plot.replaceChildren(Object.assign(document.createElement("p"), { className: "nothing", textContent: "Nobody said in this time" })); continue; }
    plot.scale = shape.yaxis;
    window.Plotly.newPlot(plot, traces, shape, { displayModeBar: false, responsive: true });
    plot.on("plotly_click", (event) => clicked(id, event));
    if (!hasTime) continue;
    plot.on("plotly_relayout", zoomed);
    plot.on("plotly_hover", (event) => hair(id, event));
    plot.on("plotly_unhover", () => hair(id));
  }
}

// What can be done with a chart
const isLog = (plot) => plot.layout?.yaxis?.type === "log";
function save(name, blob) {
  const link = Object.assign(document.createElement("a"), { download: name, href: URL.createObjectURL(blob) });
  link.click();
  URL.revokeObjectURL(link.href);
}
const cell = (value) => (value == null ? "" : /[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
function csv(plot) {
  const [first] = plot.data;
  if (first.type === "pie") return [["group", "value"], ...first.labels.map((label, i) => [label, first.values[i]])].map((row) => row.map(cell).join(",")).join("\n") + "\n";
  const rows = [["from", ...plot.data.map((trace) => trace.label ?? "sessions")], ...[...first.x].map((x, i) => [x, ...plot.data.map((trace) => trace.y[i])])];
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}
async function png(plot) {
  const { width: w, height: h } = plot.getBoundingClientRect();
  const image = new Image();
  image.src = await window.Plotly.toImage(plot, { format: "svg", width: w, height: h });
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: w * 2, height: h * 2 });
  const context = canvas.getContext("2d");
  context.fillStyle = style("surface");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
const DO = {
  log: (plot, button) => {
    const on = !isLog(plot);
    button.setAttribute("aria-pressed", on);
    const marks = plot.scale.ticktext && (on ? secondsByRatio(1, Infinity) : plot.scale);
    window.Plotly.relayout(plot, { "yaxis.type": on ? "log" : "linear", "yaxis.autorange": true, ...(marks && { "yaxis.tickvals": marks.tickvals, "yaxis.ticktext": marks.ticktext }), ...(plot.scale.dtick && { "yaxis.dtick": 1 }) });
  },
  csv: (plot) => save(`${plot.id.slice(5)}.csv`, new Blob([csv(plot)], { type: "text/csv" })),
  png: async (plot) => save(`${plot.id.slice(5)}.png`, await png(plot)),
  full: (plot) => (document.fullscreenElement ? document.exitFullscreen() : plot.closest(".chart").requestFullscreen()),
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  const plot = document.getElementById(button.closest("[data-chart]").dataset.chart);
  button.closest("details").open = false;
  if (plot.data) Promise.resolve(DO[button.dataset.do](plot, button)).catch((error) => toast(error.message));
});
document.addEventListener("fullscreenchange", () => { for (const plot of $$(".plot.js-plotly-plot")) window.Plotly.Plots.resize(plot); });

// Tables sort by a click on their heads
document.addEventListener("click", (event) => {
  const head = event.target.closest(".sortable [data-sort]")?.closest("th");
  if (!head) return;
  const falls = head.getAttribute("aria-sort") !== "descending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", falls ? "descending" : "ascending");
  const body = head.closest("table").tBodies[0];
  const value = (row) => row.cells[head.cellIndex].dataset.value;
  const order = (a, b) => (Number.isNaN(Number(value(a))) ? value(a).localeCompare(value(b)) : value(a) - value(b));
  body.append(...[...body.rows].sort((a, b) => (falls ? -order(a, b) : order(a, b))));
});

// Latency, speed and agents are read from spans: they come after the rest.
async function readPace() {
  const place = $("#pace");
  try {
    if (!$("#pace-data")) place.replaceChildren(nodes((await piece(place.dataset.href)).html));
    data.pace = JSON.parse($("#pace-data").textContent);
    for (const [name, { by, groups }] of Object.entries(data.pace.splits)) {
      const draw = name === "speed" ? (traces) => layoutOf(traces, {}) : inSeconds;
      CHARTS[`plot-${name}`] = () => draw(Object.entries(groups).map(([label, values], index) => line(label, values, SERIES[index % SERIES.length], { meta: `${by}:"${label}"`, hovertemplate: `%{y:.3~s} tok/s ${plain(label)}<extra></extra>` })));
    }
    draw(["plot-llm", "plot-tool", "plot-first", "plot-speed"]);
  } catch (error) {
    for (const plot of $$(".plot", place)) plot.replaceChildren(failedPanel("This could not be read", error, readPace));
  }
}

draw();
readPace();
document.addEventListener("themechange", () => draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());

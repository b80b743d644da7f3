// The scales of charts: durations as the rest of the pages writes them, counts in whole numbers, one time for all.

/** Seconds as `850 µs`, `12 ms`, `1.23 s`, `4m 12s`, `2h 03m`, `1d 4h`. */
export function duration(seconds) {
  const ms = seconds * 1000;
  if (ms <= 0) return "0 ms";
  if (ms < 0.9995) return `${(ms * 1000).toFixed(0)} µs`;
  if (ms < 999.5) return `${ms.toFixed(ms < 9.95 ? 1 : 0)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h ${two((whole % 3600) / 60)}m`;
  return `${Math.floor(whole / 86400)}d ${Math.floor((whole % 86400) / 3600)}h`;
}

const LONG = [15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800, 2592000, 7776000];
const STEPS = [...Array.from({ length: 22 }, (_, i) => [1, 2, 5][i % 3] * 10 ** (Math.floor(i / 3) - 6)), ...LONG];
const DECADES = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 60, 600, 3600, 36000, 86400, 864000, 8640000];

const shortened = (seconds) => (seconds ? duration(seconds).replace(/(\.\d*?)0+(?= )/, "$1").replace(/\.(?= )| 0[0hms]{1,2}$/g, "") : "0");
const marks = (values) => ({ tickmode: "array", tickvals: values, ticktext: values.map(shortened) });

/** Marks of an axis of seconds from 0 to the largest value. */
export function secondsFrom0(most) {
  const step = STEPS.find((one) => most / one <= 5) ?? STEPS.at(-1);
  return marks(Array.from({ length: Math.min(40, Math.ceil(most / step) + 1) }, (_, i) => i * step));
}

/** Marks of a logarithmic axis of seconds. */
export const secondsByRatio = (least, most) => marks(most / least > 1000 ? DECADES : STEPS);

/** The largest value of some traces, or where they stand on each other, the largest sum. */
export function largest(traces, isStacked) {
  const values = traces.filter((trace) => !trace.yaxis).map((trace) => trace.y ?? []);
  if (!isStacked) return Math.max(0, ...values.flat().map(Number));
  return Math.max(0, ...(values[0] ?? []).map((_, i) => values.reduce((sum, each) => sum + (each[i] ?? 0), 0)));
}

/** A count has no marks between whole numbers. */
export const whole = (most) => ({ tickformat: "d", ...(most <= 5 && { dtick: 1 }) });

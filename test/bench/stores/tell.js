// What was measured, as tables and as JSON.
import { median } from "../device.js";
import { mostMiB, mostRatio } from "./rows.js";

function summarize([{ name, version }, turns]) {
  const failed = turns.find((turn) => turn.failed !== undefined)?.failed;
  if (failed !== undefined) return { name, version, failed };
  const all = turns.map(({ seconds }) => seconds);
  const middle = (what) => median(turns.map((turn) => turn[what]));
  return {
    name,
    version,
    seconds: median(all),
    all,
    peak_mib: Math.max(...turns.map(({ peakMiB }) => peakMiB)),
    cpu_seconds: middle("cpuSeconds"),
  };
}

function judge(aim, ratio, peak) {
  const isQuick = ratio === undefined ? undefined : ratio <= mostRatio;
  return {
    ...(aim === "reported" ? {} : { time_aim_met: isQuick }),
    ...(aim === "time and memory" ? { memory_aim_met: peak === undefined ? undefined : peak <= mostMiB } : {}),
  };
}

/** One object a row. Ratios are against the fastest of the others. */
export function summarizeRows(results, rows) {
  return [...results].map(([row, turns]) => {
    const summaries = [...turns].map(summarize);
    const [own, ...others] = summaries;
    const quick = others.filter(({ seconds }) => seconds !== undefined).sort((a, b) => a.seconds - b.seconds);
    const [fastest] = quick;
    const tool = quick.find(({ name }) => name !== "bare");
    const against = (other) =>
      other === undefined || own?.seconds === undefined ? undefined : own.seconds / other.seconds;
    const contenders = summaries.map((one) => ({
      ...one,
      ratio: fastest === undefined || one.seconds === undefined ? undefined : one.seconds / fastest.seconds,
    }));
    const { title, aim } = rows[row];
    const ratio = against(fastest);
    return {
      row,
      title,
      contenders,
      fastest: fastest?.name,
      ratio,
      fastest_tool: tool?.name,
      ratio_to_tool: against(tool),
      aim,
      ...judge(aim, ratio, own?.peak_mib),
    };
  });
}

const right = (text, width) => text.padStart(width);

function showContender({ name, seconds, ratio, peak_mib: peak, cpu_seconds: cpu, failed }) {
  if (failed !== undefined) return `  ${name.padEnd(10)}did not do the work: ${failed}`;
  const figures = [
    right(seconds.toFixed(seconds < 10 ? 3 : 1), 10),
    right(ratio === undefined ? "" : `${ratio.toFixed(2)}x`, 9),
    right(peak.toFixed(0), 10),
    right(cpu.toFixed(2), 8),
  ];
  return `  ${name.padEnd(10)}${figures.join("")}`;
}

function showAims({
  aim,
  ratio,
  fastest,
  ratio_to_tool: toTool,
  fastest_tool: tool,
  time_aim_met: isQuick,
  contenders,
  memory_aim_met: isSmall,
}) {
  if (ratio === undefined) return [];
  const words = (isMet) => (isMet ? "met" : "missed");
  const others = tool === undefined || tool === fastest ? "" : `, ${toTool.toFixed(2)}x ${tool}`;
  const figures = `${ratio.toFixed(2)}x ${fastest}${others}`;
  const time = aim === "reported" ? `no aim: ${figures}` : `aim ${mostRatio}x: ${words(isQuick)}, ${figures}`;
  if (isSmall === undefined) return [time];
  return [time, `aim 100 MB: ${words(isSmall)}, ${((contenders[0].peak_mib * 1024 ** 2) / 1e6).toFixed(0)} MB`];
}

export function showTables(summaries, absent, write) {
  for (const summary of summaries) {
    const head = `${"seconds".padStart(10)}${"ratio".padStart(9)}${"peak MiB".padStart(10)}${"cpu s".padStart(8)}`;
    write(`\n${summary.title}\n  ${"".padEnd(10)}${head}\n`);
    for (const contender of summary.contenders) write(`${showContender(contender)}\n`);
    for (const line of showAims(summary)) write(`  ${line}\n`);
  }
  for (const { name, absence } of absent) write(`\n${name} was left out: ${absence}\n`);
}

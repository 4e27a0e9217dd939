// Drives a chart in SCION: `node bench.mjs CHART EVENTS SECONDS STARTS`. EVENTS is a JSON array of
// {name, data}; they are sent round and round for SECONDS, then STARTS sessions are made and started.
// One JSON line comes out: events and processor seconds of both.
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const scxml = require("@scion-scxml/scxml");
const [chart, eventsText, seconds, starts] = process.argv.slice(2);
const events = JSON.parse(eventsText);
const cpu = (since) => {
  const used = process.cpuUsage(since);
  return (used.user + used.system) / 1e6;
};

scxml.documentStringToModel("chart.scxml", fs.readFileSync(chart, "utf8"), (error, model) => {
  if (error) throw error;
  model.prepare((error, prepared) => {
    if (error) throw error;
    const machine = new scxml.scion.Statechart(prepared);
    machine.start();
    const drive = (length_s) => {
      const from = process.cpuUsage();
      const until = performance.now() + length_s * 1000;
      let sent = 0;
      while (performance.now() < until) {
        for (let round = 0; round < 100; round++) {
          for (const { name, data } of events) {
            machine.gen({ name, data });
            sent++;
          }
        }
      }
      return { events: sent, cpu_s: cpu(from) };
    };
    drive(1);
    const driven = drive(Number(seconds));
    const from = process.cpuUsage();
    const kept = [];
    for (let made = 0; made < Number(starts); made++) {
      const session = new scxml.scion.Statechart(prepared);
      session.start();
      kept.push(session);
    }
    const started = { starts: kept.length, cpu_s: cpu(from) };
    process.stdout.write(JSON.stringify({ driven, started, end: machine.getConfiguration() }) + "\n");
  });
});

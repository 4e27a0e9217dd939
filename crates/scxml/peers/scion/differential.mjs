// Runs charts in SCION: each line of standard input is {"chart": text, "events": [name, ...]}, each line of
// standard output the configurations after the start and after each event, or {"error": text}.
import readline from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const scxml = require("@scion-scxml/scxml");
// Logs of charts must not reach the answers.
console.log = console.warn = console.error = () => {};

const run = ({ chart, events }) =>
  new Promise((resolve, reject) => {
    scxml.documentStringToModel("chart.scxml", chart, (error, model) => {
      if (error) return reject(error);
      model.prepare((error, prepared) => {
        if (error) return reject(error);
        try {
          const machine = new scxml.scion.Statechart(prepared);
          machine.start();
          const seen = [machine.getConfiguration().slice().sort()];
          for (const name of events) {
            machine.gen({ name });
            seen.push(machine.getConfiguration().slice().sort());
          }
          resolve(seen);
        } catch (error) {
          reject(error);
        }
      });
    });
  });

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await run(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}

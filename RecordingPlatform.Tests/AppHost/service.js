#!/usr/bin/env node
// Stands in for any service or job: writes down its environment and what happens to it, answers /alive.
// BEHAVIOUR_<name>: "deaf" ignores SIGTERM, "fails" says why and ends with 3, "parent" starts a process of its own.
const { spawn } = require('child_process'), fs = require('fs'), http = require('http');
const { OTEL_SERVICE_NAME: name, JOURNAL: journal, ASPNETCORE_URLS: urls, PORT: port } = process.env;
const behaviour = process.env['BEHAVIOUR_' + name];
const note = text => fs.appendFileSync(journal, `${name} ${text}\n`);

fs.writeFileSync(`${journal}.${name}.json`, JSON.stringify({ args: process.argv.slice(2), pid: process.pid, env: process.env }));
if (behaviour === 'fails') {
  note('starts ' + process.pid);
  console.error('no such table');
  process.exit(3);
}

if (!urls && !port) {
  note('starts ' + process.pid);
  if (process.env.Demo__UsersFile) {
    fs.writeFileSync(process.env.Demo__UsersFile, JSON.stringify([{ role: 'admin', email: 'a@demo.example', password: 'demo-password' }]));
  }
  note('ends');
} else {
  process.on('SIGTERM', () => {
    note('drains');
    if (behaviour !== 'deaf') setTimeout(() => { note('ends'); process.exit(0); }, 100);
  });
  http.createServer((request, response) => {
    response.statusCode = request.url === '/alive' ? 200 : 404;
    response.end();
  }).listen(port ?? new URL(urls).port, '127.0.0.1', () => {
    if (behaviour === 'parent') fs.appendFileSync(journal, `child starts ${spawn('sleep', ['600'], { stdio: 'ignore' }).pid}\n`);
    note('starts ' + process.pid);
  });
}

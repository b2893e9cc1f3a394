// SPDX-License-Identifier: Apache-2.0
// Throws the hostile set at the http layer, directly and through nginx with the shipped rules,
// then tries to tire it with slow sockets. Usage:
//   node run.mjs PATH/hostile_server [PATH/bare_server] [--verbose]
// With the second, the set is first thrown at the bare library: a set that finds nothing there
// would prove nothing here.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cases, pipelined } from './cases.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const edgeFolder = path.resolve(here, '../../../edge');
const [binary, control] = process.argv.slice(2).filter((s) => !s.startsWith('-')).map((s) => path.resolve(s));
const verbose = process.argv.includes('--verbose');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'huiqiao-hostile-'));
const children = [];
let passed = 0;
const failures = [];

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const seconds = (since) => ((Date.now() - since) / 1000).toFixed(1);

function check(ok, text, detail = '') {
    if (ok) {
        passed++;
        if (verbose) console.log(`ok    ${text}${detail ? ` (${detail})` : ''}`);
    } else {
        failures.push(text);
        console.log(`FAIL  ${text}${detail ? ` (${detail})` : ''}`);
    }
}

// ---- processes ----------------------------------------------------------------------------

function start(command, args, env = {}) {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    child.log = '';
    child.stderr.on('data', (d) => { child.log += d; });
    children.push(child);
    return child;
}

async function startServer(listen, env, program = binary) {
    const child = start(program, [listen], env);
    const line = await new Promise((done, fail) => {
        child.stdout.once('data', (d) => done(String(d)));
        child.once('exit', () => fail(new Error(`the server did not start: ${child.log}`)));
    });
    return { child, port: Number(line.replace(/\D/g, '')), socketPath: listen.startsWith('unix:') ? listen.slice(5) : undefined };
}

function freePort() {
    return new Promise((done) => {
        const s = net.createServer().listen(0, '127.0.0.1', () => {
            const { port } = s.address();
            s.close(() => done(port));
        });
    });
}

async function startEdge(socketPath) {
    const port = await freePort();
    const text = fs.readFileSync(path.join(edgeFolder, 'nginx-test.conf.in'), 'utf8')
        .replaceAll('@DIR@', folder).replaceAll('@EDGE@', edgeFolder)
        .replaceAll('@PORT@', String(port)).replaceAll('@SOCKET@', socketPath);
    const file = path.join(folder, 'nginx.conf');
    fs.writeFileSync(file, text);
    const nginx = fs.existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';
    const test = spawnSync(nginx, ['-t', '-q', '-p', folder, '-c', file], { encoding: 'utf8' });
    if (test.status !== 0) throw new Error(`nginx refuses its configuration: ${test.stderr}`);
    const child = start(nginx, ['-p', folder, '-c', file]);
    for (let i = 0; i < 100 && !(await canConnect(port)); i++) await sleep(50);
    return { child, port };
}

const canConnect = (port) => new Promise((done) => {
    const s = net.connect(port, '127.0.0.1', () => { s.destroy(); done(true); });
    s.on('error', () => done(false));
});

// ---- talking ------------------------------------------------------------------------------

// Sends raw bytes; resolves with what came back and whether the peer closed within the time.
function talk(port, raw, wait = 700) {
    return new Promise((done) => {
        const answer = { bytes: '', closed: false };
        const s = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
        const finish = () => { clearTimeout(timer); s.destroy(); done(answer); };
        const timer = setTimeout(finish, wait);
        s.on('connect', () => s.write(raw));
        s.on('data', (d) => { answer.bytes += d.toString('latin1'); });
        s.on('end', () => { answer.closed = true; finish(); });
        s.on('error', () => { answer.closed = true; finish(); });
    });
}

const statuses = (bytes) => [...bytes.matchAll(/(?:^|\n|\})HTTP\/1\.[01] (\d{3})/g)].map((m) => Number(m[1]));

function fetchText(target, options = {}) {
    return new Promise((done, fail) => {
        const began = Date.now();
        const request = http.request({ host: '127.0.0.1', agent: false, ...target, ...options }, (r) => {
            let body = '';
            r.on('data', (d) => { body += d; });
            r.on('end', () => done({ status: r.statusCode, headers: r.headers, body, ms: Date.now() - began }));
        });
        request.on('error', fail);
        request.setTimeout(5000, () => request.destroy(new Error('no answer in 5 s')));
        request.end(options.body);
    });
}

async function stats(server) {
    const target = server.socketPath ? { socketPath: server.socketPath } : { port: server.port };
    return JSON.parse((await fetchText({ ...target, path: '/stats' })).body);
}

// ---- the set ------------------------------------------------------------------------------

async function throwAt(c, port, server) {
    const before = await stats(server);
    const answer = await talk(port, c.raw);
    const after = await stats(server);
    const codes = statuses(answer.bytes);
    const first = codes[0] ?? (answer.closed ? 0 : -1);
    const handled = after.handled - before.handled;
    const smuggled = after.smuggled - before.smuggled;
    return { first, handled, smuggled, refused: first >= 400 || first === 0, closed: answer.closed };
}

async function runCase(c, side, port, server) {
    const result = await throwAt(c, port, server);
    const { first, handled, smuggled, refused } = result;
    const faults = [];
    if (!c[side].includes(first)) faults.push(`answered ${first}, expected ${c[side].join(' or ')}`);
    const mustClose = side === 'direct' || c.raw.includes('/smuggled HTTP');
    const own = c.second === side ? 1 : 0;
    if (smuggled > own) faults.push('the smuggled request ran');
    if (refused && mustClose && !result.closed) faults.push('refused but left open');
    if (refused && handled > 0) faults.push('refused but handled');
    if (!refused && handled > 1 + own) faults.push(`handled ${handled} times`);
    check(faults.length === 0, `${side.padEnd(6)} ${c.name}`, faults.join('; ') || String(first));
    return result;
}

async function runControl() {
    const bare = await startServer('127.0.0.1:0', {}, control);
    const total = { refused: 0, smuggled: 0 };
    for (const c of cases) {
        const result = await throwAt(c, bare.port, bare);
        total.refused += result.refused;
        total.smuggled += result.smuggled > 0;
    }
    bare.child.kill('SIGKILL');
    console.log(`control, the bare library: refused ${total.refused} of ${cases.length}, smuggled through ${total.smuggled}`);
    check(total.smuggled >= 5 && total.refused < cases.length / 2, 'control finds the bare library wanting');
}

async function runSet(direct, edge, behind) {
    const totals = { direct: 0, edge: 0 };
    for (const c of cases) {
        const d = await runCase(c, 'direct', direct.port, direct);
        const e = await runCase(c, 'edge', edge.port, behind);
        totals.direct += d.refused;
        totals.edge += e.refused;
        if (verbose) console.log(`      ${c.name}: direct ${d.first}, edge ${e.first}${c.edgeNote ? ` ${c.edgeNote}` : ''}`);
    }
    console.log(`refused of ${cases.length}: direct ${totals.direct}, edge ${totals.edge}`);
    for (const [side, port] of [['direct', direct.port], ['edge', edge.port]]) {
        const answer = await talk(port, pipelined);
        const codes = statuses(answer.bytes.replaceAll('\n', '\n'));
        check(codes.join() === '200,200,200', `${side.padEnd(6)} three pipelined requests`, codes.join());
    }
}

// ---- who the client is --------------------------------------------------------------------

async function runForwarding(direct, edge, behind) {
    const headers = { host: 'a', 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https', forwarded: 'for=6.6.6.6' };
    const d = await fetchText({ port: direct.port, path: '/echo' }, { headers });
    check(/peer 127\.0\.0\.1 tls 0/.test(d.body), 'direct forged X-Forwarded-For is ignored', d.body.trim());
    const e = await fetchText({ port: edge.port, path: '/echo' }, { headers });
    check(/peer 127\.0\.0\.1 tls 0/.test(e.body), 'edge   forged X-Forwarded-For is overwritten', e.body.trim());
    const u = await fetchText({ socketPath: behind.socketPath, path: '/echo' }, { headers: { ...headers, 'x-forwarded-for': '6.6.6.6, 10.1.2.3' } });
    check(/peer 10\.1\.2\.3 tls 1/.test(u.body), 'edge socket: the last hop counts', u.body.trim());
    check(e.headers['strict-transport-security']?.includes('31536000'), 'edge   HSTS');
    check(e.headers.server === undefined || e.headers.server === 'nginx', 'edge   no version shown');
    const split = await fetchText({ port: direct.port, path: '/split' });
    check(split.status === 500 && split.headers['set-cookie'] === undefined, 'direct a header that would split answers 500');
    const memory = await fetchText({ port: direct.port, path: '/memory' });
    check(memory.status === 503, 'direct out of the request\'s memory answers 503', String(memory.status));
}

// ---- bodies -------------------------------------------------------------------------------

async function runBodies(direct) {
    const big = Buffer.alloc((1 << 20) + 1, 'a');
    const target = { port: direct.port, path: '/echo', method: 'POST' };
    const full = await fetchText(target, { headers: { 'content-length': big.length - 1 }, body: big.subarray(1) });
    check(full.status === 200 && full.body.startsWith('body 1048576 '), 'direct a body at the limit is taken', full.body.trim());
    const over = await fetchText(target, { headers: { 'content-length': big.length }, body: big });
    check(over.status === 413, 'direct one byte more answers 413', String(over.status));
    const chunked = await fetchText(target, { headers: { 'transfer-encoding': 'chunked' }, body: big });
    check(chunked.status === 413, 'direct one byte more, chunked, answers 413', String(chunked.status));
    const waits = await talk(direct.port, 'POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n');
    check(statuses(waits.bytes).join() === '413' && waits.closed, 'direct too large is said before 100 Continue', statuses(waits.bytes).join());
    const go = await talk(direct.port, 'POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    check(statuses(go.bytes).join() === '100', 'direct 100 Continue', statuses(go.bytes).join());
    const huge = await talk(direct.port, 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nabc');
    check(statuses(huge.bytes).join() === '413' && huge.closed, 'direct a body of 100 GB is refused at once', statuses(huge.bytes).join());
}

// ---- slow sockets -------------------------------------------------------------------------

// Writes the pieces with a pause between; resolves with the seconds until the peer closed.
function drip(port, firstText, piece, pause, limit) {
    return new Promise((done) => {
        const began = Date.now();
        const s = net.connect(port, '127.0.0.1');
        const timer = setInterval(() => s.write(piece), pause);
        const stop = setTimeout(() => finish(Infinity), limit);
        const finish = (v) => { clearInterval(timer); clearTimeout(stop); s.destroy(); done(v); };
        s.on('connect', () => s.write(firstText));
        s.on('data', () => {});
        s.on('close', () => finish((Date.now() - began) / 1000));
        s.on('error', () => {});
    });
}

async function runSlow(direct, edge) {
    const startLine = 'GET /hello HTTP/1.1\r\nHost: a\r\n';
    const body = 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n';
    const [head, edgeHead, next, slowBody, silent, idle] = await Promise.all([
        drip(direct.port, startLine, 'X', 200, 8000),
        drip(edge.port, startLine, 'X', 200, 8000),
        drip(direct.port, `${startLine}\r\n`, 'G', 400, 12000),
        drip(direct.port, body, 'b', 200, 8000),
        drip(direct.port, '', '', 60000, 8000),
        drip(direct.port, `${startLine}\r\n`, '', 60000, 12000),
    ]);
    const within = (v, low, high) => v >= low && v <= high;
    check(within(head, 1.5, 3.5), 'direct a dripped head is cut at its deadline of 2 s', `${head} s`);
    check(within(edgeHead, 1.5, 3.5), 'edge   a dripped head is cut at its deadline of 2 s', `${edgeHead} s`);
    check(within(next, 1.5, 5.5), 'direct a dripped next head on a kept-alive connection is cut', `${next} s`);
    check(within(slowBody, 0.9, 3.5), 'direct a body below the rate is cut after the grace of 1 s', `${slowBody} s`);
    check(within(silent, 1.5, 3.5), 'direct a silent connection is cut', `${silent} s`);
    check(within(idle, 5.5, 8.5), 'direct an idle connection is kept for its 6 s', `${idle} s`);
}

async function halfOpen(port, n) {
    const sockets = [];
    for (let i = 0; i < n; i++) {
        await new Promise((done) => {
            const s = net.connect(port, '127.0.0.1', () => { s.write('GET /hello HTTP/1.1\r\nHost: a\r\nX-'); done(); });
            s.on('error', done);
            sockets.push(s);
        });
    }
    return sockets;
}

async function runCrowd(side, server, port, n) {
    const began = Date.now();
    const sockets = await halfOpen(port, n);
    const times = [];
    for (let i = 0; i < 20; i++) {
        times.push((await fetchText({ port, path: '/hello' }, { headers: { host: 'a' } })).ms);
    }
    times.sort((a, b) => a - b);
    check(times.at(-1) < 1000, `${side.padEnd(6)} answers among ${n} half-open connections`, `slowest ${times.at(-1)} ms, ${seconds(began)} s`);
    for (const s of sockets) s.destroy();
}

async function runFull(server) {
    // 100 slots, all taken by half-open connections: under pressure the watchdog frees them
    // after 3 s instead of the 10 s of quiet times.
    const sockets = await halfOpen(server.port, 130);
    const began = Date.now();
    const { ms } = await fetchText({ port: server.port, path: '/hello' }, { headers: { host: 'a' } }).catch(() => ({ ms: Infinity }));
    check(ms < 4500, 'direct a full house is cleared', `${ms} ms, ${seconds(began)} s`);
    for (const s of sockets) s.destroy();
}

async function runCap(server) {
    const sockets = await halfOpen(server.port, 8);
    const refused = await talk(server.port, 'GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
    check(refused.bytes === '' && refused.closed, 'direct a ninth connection of one address is refused');
    for (const s of sockets) s.destroy();
    await sleep(300);
    const again = await talk(server.port, 'GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
    check(statuses(again.bytes).join() === '200', 'direct and welcome when others have gone', statuses(again.bytes).join());
}

// Clients that leave while their request is in the application's hands.
async function runAborts(direct) {
    for (let i = 0; i < 200; i++) {
        await new Promise((done) => {
            const s = net.connect(direct.port, '127.0.0.1', () => {
                s.write(`GET /slow${i % 2 ? '?now' : ''} HTTP/1.1\r\nHost: a\r\n\r\n`, () => { s.destroy(); done(); });
            });
            s.on('error', done);
        });
    }
    await sleep(500);
    const slow = await fetchText({ port: direct.port, path: '/slow' });
    check(slow.body === 'slow\n', 'direct still resumes after 200 clients left in the middle', slow.body.trim());
    await sleep(300);
    const s = await stats(direct);
    check(s.connections <= 3, 'direct and holds none of their connections', `${s.connections} open`);
}

// ---- all of it ----------------------------------------------------------------------------

async function stopServer(server, name) {
    const exit = new Promise((done) => server.child.once('exit', (code, signal) => done(signal ?? code)));
    server.child.kill('SIGTERM');
    const code = await exit;
    check(code === 0, `${name} stops cleanly`, String(code));
    check(!/Sanitizer|runtime error/.test(server.child.log), `${name} has no sanitizer report`);
    if (code !== 0 || verbose || /Sanitizer|runtime error/.test(server.child.log)) process.stderr.write(server.child.log);
}

async function main() {
    if (control) await runControl();
    const limits = { HEADER_SECONDS: '2', GRACE_SECONDS: '1', IDLE_SECONDS: '6', MIN_BODY_RATE: '500' };
    const direct = await startServer('127.0.0.1:0', limits);
    const behind = await startServer(`unix:${folder}/http.sock`, { ...limits, HEADER_SECONDS: '10' });
    const edge = await startEdge(behind.socketPath);
    await runSet(direct, edge, behind);
    await runForwarding(direct, edge, behind);
    await runBodies(direct);
    await runAborts(direct);
    await runSlow(direct, edge);
    await runCrowd('direct', direct, direct.port, 1000);
    await runCrowd('edge', behind, edge.port, 150);
    await stopServer(direct, 'direct');
    const small = await startServer('127.0.0.1:0', { ...limits, HEADER_SECONDS: '10', MAX_CONNECTIONS: '100' });
    await runFull(small);
    await stopServer(small, 'small');
    const capped = await startServer('127.0.0.1:0', { ...limits, PER_IP: '8' });
    await runCap(capped);
    await stopServer(capped, 'capped');
    edge.child.kill('SIGTERM');
    await stopServer(behind, 'behind');
}

try {
    await main();
} catch (e) {
    check(false, 'the run itself', e.stack);
}
for (const c of children) c.kill('SIGKILL');
fs.rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);

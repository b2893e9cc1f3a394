// SPDX-License-Identifier: Apache-2.0
// The description of the API: a valid document, complete, and true of what the server answers.
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { District, assert, finish, run, test } from './lib.mjs';

const d = await new District().serve();
const doc = await (await fetch(`${d.url}/api/openapi.json`)).json();
// Formats that only say which code list a text is from: the server checks those itself.
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true, formats: { 'gb-t-4754': true, 'gb-t-2260': true } });
formats.default ? formats.default(ajv) : formats(ajv);
ajv.addFormat('int64', true);
ajv.addFormat('binary', true);
ajv.addSchema(doc, 'doc');

const at = (schema) => (schema.$ref ? schema.$ref.slice(2).split('/').reduce((o, k) => o[k], doc) : schema);

function answerSchema(path, method, status) {
  const answer = at(doc.paths[path][method].responses[status] ?? {});
  return Object.values(answer.content ?? {})[0]?.schema;
}

// True of the answer, and nothing in it that the schema does not know.
function holds(what, schema, value) {
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc#/')));
  assert.ok(validate(value), `${what}: ${JSON.stringify(validate.errors?.slice(0, 3))} in ${JSON.stringify(value).slice(0, 400)}`);
  undeclared(what, schema, value);
}

function undeclared(what, schema, value) {
  const s = at(schema.anyOf ? schema.anyOf[0] : schema);
  if (Array.isArray(value)) for (const v of value) undeclared(`${what}[]`, s.items ?? {}, v);
  else if (value && typeof value === 'object' && s.properties) {
    for (const [k, v] of Object.entries(value)) {
      assert.ok(k in s.properties, `${what}: ${k} is not described`);
      undeclared(`${what}.${k}`, s.properties[k], v);
    }
  }
}

await test('it is OpenAPI 3.1', async () => {
  const r = await new Validator().validate(structuredClone(doc));
  assert.ok(r.valid, JSON.stringify(r.errors ?? "").slice(0, 2000));
  assert.equal(doc.openapi.slice(0, 3), '3.1');
  assert.deepEqual(JSON.parse(run(['openapi']).stdout), doc, 'the command says the same');
});

await test('it holds every route of the API, with what it takes and answers', async () => {
  const routes = run(['routes']).stdout.trim().split('\n').map((l) => /^(\S+)\s+(\S+)\s+(\S+)/.exec(l));
  let n = 0;
  for (const [, method, where, path] of routes) {
    const op = doc.paths[path]?.[method.toLowerCase()];
    assert.equal(op !== undefined, where !== 'page', `${method} ${path}`);
    if (!op) continue;
    n++;
    const good = Object.keys(op.responses).find((s) => s[0] === '2');
    assert.ok(good, path);
    for (const s of Object.keys(op.responses).filter((x) => x >= '400')) {
      assert.ok(at(op.responses[s]).content['application/problem+json'], `${path} ${s}`);
    }
    const schema = answerSchema(path, method.toLowerCase(), good);
    assert.ok(good === '204' || schema, `${method} ${path} answers something`);
    // A record, a list, a file: never just "an object". Rules are as many as they are.
    if (good !== '204' && !/^\/rules\/\{/.test(path)) {
      assert.ok(schema.$ref || schema.properties || schema.type === 'string', `${method} ${path}: ${JSON.stringify(schema)}`);
    }
    for (const p of path.matchAll(/\{(\w+)\}/g)) assert.ok(op.parameters.some((x) => x.in === 'path' && x.name === p[1]));
  }
  assert.ok(n > 40, `${n} operations`);
});

await test('records say what their fields say', async () => {
  const e = doc.components.schemas.Enterprise;
  for (const k of ['id', 'version', 'created_at', 'updated_at', 'name', 'uscc']) assert.ok(e.required.includes(k), k);
  assert.equal(e.properties.created_at.format, 'date-time');
  assert.ok(doc.components.schemas.Demand.properties.state.enum.includes('pending_conditions'));
  const create = doc.paths['/demands'].post.requestBody.content['application/json'].schema;
  assert.deepEqual(create.required.sort(), ['body', 'title']);
  assert.equal(create.additionalProperties, false);
  assert.ok('draft' in create.properties, 'inputs that no form shows are described, too');
  assert.equal(doc.paths['/enterprises/{id}'].patch.requestBody.content['application/json'].schema.required, undefined);
  assert.ok(doc.paths['/demands'].get.parameters.some((p) => p.name === 'limit' && p.schema.maximum === 200));
});

await test('what is answered is what is described', async () => {
  let seen = 0;
  const get = async (user, path, pattern) => {
    const r = await d.api(user, 'GET', path);
    assert.equal(r.status, 200, `${user} ${path}: ${r.status}`);
    holds(`${user} ${path}`, answerSchema(pattern, 'get', '200'), r.json);
    seen++;
    return r.json;
  };
  for (const user of ['staff', 'member', 'officer', 'leader', 'secretary', 'admin']) {
    for (const kind of ['demands', 'enterprises', 'organizations']) {
      const list = await get(user, `/${kind}?limit=200`, `/${kind}`);
      for (const item of list.items.slice(0, kind === 'demands' ? 60 : 5)) {
        await get(user, `/${kind}/${item.id}`, `/${kind}/{id}`);
        await get(user, `/${kind}/${item.id}/events`, `/${kind}/{id}/events`);
      }
    }
    for (const one of ['/me', '/notices', '/rules']) await get(user, one, one);
  }
  await get('leader', '/statistics', '/statistics');
  await get('admin', '/audit', '/audit');
  await get('staff', '/sla-rules', '/sla-rules');
  for (const a of (await get('staff', '/accounts', '/accounts')).items.slice(0, 3)) await get('staff', `/accounts/${a.id}`, '/accounts/{id}');
  assert.ok(seen > 100, `${seen} answers`);
});

await test('an answer that is not as described is found', async () => {
  const good = (await d.ok('staff', 'GET', '/enterprises?limit=1')).items[0];
  const schema = doc.components.schemas.Enterprise;
  const { uscc, ...missing } = good;
  for (const bad of [missing, { ...good, id: '1' }, { ...good, updated_at: 'gestern' }, { ...good, colour: 'red' }, { ...good, size: 'giant' }]) {
    assert.throws(() => holds('bad', schema, bad), JSON.stringify(bad));
  }
});

await test('so are creations, steps and problems', async () => {
  const made = await d.api('member', 'POST', '/demands', { title: '接口说明', body: '内容' });
  assert.equal(made.status, 201);
  holds('create', answerSchema('/demands', 'post', '201'), made.json);
  assert.ok(made.headers.get('location'));
  const step = await d.api('staff', 'POST', `/demands/${made.json.id}/accept`, { level: 'L2' });
  holds('accept', answerSchema('/demands/{id}/accept', 'post', '200'), step.json);
  const e = (await d.ok('staff', 'GET', '/enterprises?limit=1')).items[0];
  const patched = await d.api('staff', 'PATCH', `/enterprises/${e.id}`, { address: '滨江路 1 号' });
  holds('patch', answerSchema('/enterprises/{id}', 'patch', '200'), patched.json);
  for (const [user, method, path, body, status] of [
    ['staff', 'POST', `/demands/${made.json.id}/accept`, { level: 'L2' }, 409],
    ['member', 'POST', '/demands', {}, 422], ['member', 'POST', '/demands', '{', 400],
    ['member', 'GET', '/demands/99999999', undefined, 404], ['leader', 'POST', '/demands', {}, 403],
    [null, 'GET', '/me', undefined, 401],
  ]) {
    const r = await d.api(user, method, path, body);
    assert.equal(r.status, status);
    holds(`${status}`, doc.components.schemas.Problem, r.json);
  }
});

finish();

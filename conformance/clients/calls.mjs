// Lists the calls that @clerk/backend makes, by making them: every method of every API class, with every
// parameter that its types offer, against a server that only records.
//
//   npm ci && node calls.mjs > ../../clerktest/internal/backendapi/calls.json
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';
import { createClerkClient } from '@clerk/backend';

const require = createRequire(import.meta.url);
const dist = path.dirname(require.resolve('@clerk/backend'));
const program = ts.createProgram([path.join(dist, 'api/factory.d.ts')], {
  moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext,
  strict: true, noEmit: true, types: [], lib: ['lib.esnext.d.ts', 'lib.dom.d.ts'],
});
const checker = program.getTypeChecker();
const factory = program.getSourceFile(path.join(dist, 'api/factory.d.ts'));
const clientType = checker.getExportsOfModule(checker.getSymbolAtLocation(factory)).find(s => s.name === 'ApiClient');
const api = checker.getDeclaredTypeOfSymbol(clientType);

const snake = name => name.replace(/ID$/, 'Id').replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
const isAbsent = t => !!(t.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Never));
const members = t => (t.isUnion() ? t.types : [t]).filter(x => !isAbsent(x));
const typeOf = symbol => checker.getTypeOfSymbol(symbol);

// A value of a type, with every optional property there; texts name the parameter that they stand for.
function value(type, name, depth = 0) {
  const parts = members(type);
  if (parts.length === 0 || depth > 6) return undefined;
  const t = parts.find(x => !x.isStringLiteral?.() || x.value !== '') ?? parts[0];
  if (t.flags & ts.TypeFlags.BooleanLike) return true;
  if (t.isStringLiteral()) return t.value;
  if (t.isNumberLiteral()) return t.value;
  if (t.flags & ts.TypeFlags.StringLike) return `arg-${name}`;
  if (t.flags & ts.TypeFlags.NumberLike) return 7;
  if (t.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return { key: 'value' };
  const symbol = t.getSymbol()?.name;
  if (symbol === 'Date') return new Date(1795217577000);
  if (symbol === 'Blob' || symbol === 'File') return new Blob(['x'], { type: 'image/png' });
  if (symbol === 'Headers') return new Headers({ 'x-asked-by': 'recorder' });
  if (checker.isArrayType(t)) return [value(checker.getTypeArguments(t)[0], name, depth + 1)];
  const index = checker.getIndexInfoOfType(t, ts.IndexKind.String);
  const made = {};
  for (const p of checker.getPropertiesOfType(t)) {
    const v = value(typeOf(p), p.name, depth + 1);
    if (v !== undefined) made[p.name] = v;
  }
  if (index && Object.keys(made).length === 0) made.key = value(index.type, 'value', depth + 1);
  return made;
}

// The texts that a parameter may be, where its type lists them: orders, states, modes.
function choices(type, into) {
  for (const t of members(type)) {
    if (!(t.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) || checker.isArrayType(t)) continue;
    for (const p of checker.getPropertiesOfType(t)) {
      let parts = members(typeOf(p));
      if (parts.length === 1 && checker.isArrayType(parts[0])) parts = members(checker.getTypeArguments(parts[0])[0]);
      if (parts.length > 1 && parts.every(x => x.isStringLiteral())) {
        const list = parts.map(x => x.value).filter(x => !/^[+-]/.test(x));
        if (list.length) into[snake(p.name)] = [...new Set([...(into[snake(p.name)] ?? []), ...list])].sort();
      }
    }
  }
}

let seen = [];
const server = createServer((req, res) => {
  const chunks = [];
  req.on('data', c => chunks.push(c));
  req.on('end', () => {
    seen.push({ method: req.method, url: req.url, type: req.headers['content-type'] ?? '', body: Buffer.concat(chunks).toString() });
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end('{}');
  });
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const client = createClerkClient({ apiUrl: `http://127.0.0.1:${server.address().port}`, secretKey: 'sk_test_recorder', telemetry: { disabled: true } });

const kind = v => (v === null ? 'null' : Array.isArray(v) ? 'array' : typeof v);
function bodyOf(request) {
  if (!request.body) return undefined;
  if (request.type.startsWith('multipart/')) {
    return Object.fromEntries([...request.body.matchAll(/; name="([^"]+)"/g)].map(m => [m[1], 'file']));
  }
  const body = JSON.parse(request.body);
  const fields = o => Object.fromEntries(Object.keys(o).sort().map(k => [k, kind(o[k])]));
  return Array.isArray(body) ? [fields(body[0] ?? {})] : fields(body);
}

const calls = [];
for (const family of checker.getPropertiesOfType(api)) {
  const name = family.name;
  for (const method of checker.getPropertiesOfType(typeOf(family))) {
    if (!(method.flags & ts.SymbolFlags.Method) || method.name.startsWith('__#')) continue;
    if (ts.getCombinedModifierFlags(method.valueDeclaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) continue;
    const shapes = new Map();
    for (const signature of typeOf(method).getCallSignatures()) {
      const args = signature.parameters.map(p => value(typeOf(p), p.name));
      const listed = {};
      for (const p of signature.parameters) choices(typeOf(p), listed);
      // Two arguments that a plain text does not reach the network with, or that the path spells in a way of its own.
      if (name === 'm2m' && method.name === 'verify') args[0].token = 'mt_arg-token';
      if (method.name === 'getUserOauthAccessToken') args[1] = 'arg-provider';
      const variants = [args];
      const required = signature.parameters.findIndex(p => ts.isParameter(p.valueDeclaration) && p.valueDeclaration.questionToken);
      if (required >= 0) variants.push(args.slice(0, required));
      for (const list of variants) {
        seen = [];
        await client[name][method.name](...list).catch(() => undefined);
        for (const request of seen) {
          const url = new URL(request.url, 'http://recorder');
          const at = decodeURIComponent(url.pathname).replace(/(?:oauth_)?arg-(\w+)/g, (_, arg) => `{${snake(arg)}}`);
          const call = {
            family: name, name: method.name, method: request.method, path: at,
            query: [...new Set(url.searchParams.keys())].sort(), body: bodyOf(request),
          };
          const key = `${call.method} ${call.path}`;
          const before = shapes.get(key);
          if (!before) {
            shapes.set(key, { ...call, choices: listed });
            continue;
          }
          before.query = [...new Set([...before.query, ...call.query])].sort();
          if (!Array.isArray(before.body)) before.body = call.body || before.body ? { ...call.body, ...before.body } : undefined;
          Object.assign(before.choices, listed);
        }
        if (seen.length === 0) console.error(`${name}.${method.name} made no call`);
      }
    }
    calls.push(...shapes.values());
  }
}
server.close();
for (const c of calls) {
  if (c.query.length === 0) delete c.query;
  if (Object.keys(c.choices).length === 0) delete c.choices;
}
calls.sort((a, b) => a.family.localeCompare(b.family) || a.name.localeCompare(b.name) || a.path.localeCompare(b.path));
const version = require(path.join(dist, '..', 'package.json')).version;
console.log(`{"client":"@clerk/backend","version":${JSON.stringify(version)},"calls":[`);
console.log(calls.map(c => JSON.stringify(c)).join(',\n'));
console.log(']}');

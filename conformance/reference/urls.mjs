// Answers, line by line, what Node.js makes of URLs: {"input", "base"?, "name"?, "value"?} gives the parts of the URL, and
// what a query parameter does to it, or {"failure": true}.
import { createInterface } from 'node:readline';

const answer = ({ input, base, name, value }) => {
  let url;
  try {
    url = new URL(input, base);
  } catch {
    return { failure: true };
  }
  const edited = (edit) => {
    const copy = new URL(url.href);
    edit(copy.searchParams);
    return copy.href;
  };
  const { href, protocol, username, password, hostname, port, pathname, search, hash, origin } = url;
  const out = { href, protocol, username, password, hostname, port, pathname, search, hash, origin };
  if (base !== undefined) out.against = new URL(base).pathname;
  if (name === undefined) return out;
  return {
    ...out,
    get: url.searchParams.get(name),
    append: edited((params) => params.append(name, value)),
    set: edited((params) => params.set(name, value)),
    delete: edited((params) => params.delete(name)),
  };
};

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + '\n');
}

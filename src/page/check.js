// Checks a log in the browser: fetches checkpoint, tiles and entries, and looks for what was altered, left out or unsigned.
// It replays no rule, and says so. Formats: docs/formats.md; C2SP tlog-tiles, signed-note; RFC 6962; PROTOCOL.sshsig, PROTOCOL.u2f.

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true });
const subtle = globalThis.crypto?.subtle;
const NAMESPACE = "quorate/statement/v1";
const WIDTH = 256;

// What is wrong, in words that name the place.
class Fault extends Error {}
const fail = (words) => { throw new Fault(words); };

const sha256 = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes));
const sha512 = async (bytes) => new Uint8Array(await subtle.digest("SHA-512", bytes));
const hex = (bytes) => Array.from(bytes, (it) => it.toString(16).padStart(2, "0")).join("");
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const same = (a, b) => a.length === b.length && a.every((it, place) => it === b[place]);

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  return all;
}

// One spelling only, as everywhere in the log.
function decoded(words, what) {
  let bytes;
  try { bytes = Uint8Array.from(atob(words), (it) => it.charCodeAt(0)); } catch { fail(`${what} is not base64`); }
  return base64(bytes) === words ? bytes : fail(`${what} is not base64 as it is written here`);
}

async function ed25519(key, signature, signed) {
  const imported = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return subtle.verify({ name: "Ed25519" }, imported, signature, signed);
}

async function fetched(address) {
  const answer = await fetch(address, { cache: "no-cache" });
  if (!answer.ok) fail(`${address} is not given out: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

// ---- The checkpoint: a C2SP signed note.

async function noteKey(vkey) {
  const [, name, id, key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? fail("log.vkey is not a key");
  const bytes = decoded(key, "the log’s key");
  if (bytes.length !== 33 || bytes[0] !== 1) fail("the log’s key is not an Ed25519 key");
  const hash = (await sha256(joined(utf8.encode(`${name}\n`), bytes))).slice(0, 4);
  if (hex(hash) !== id) fail("the log’s key has another number than its own");
  return { name, id: hash, raw: bytes.slice(1) };
}

async function checkpoint(note, key) {
  const end = note.indexOf("\n\n");
  if (end < 0) fail("the checkpoint is not a signed note");
  const signed = note.slice(0, end + 1);
  const lines = note.slice(end + 2).split("\n").filter(Boolean);
  const own = lines.filter((line) => line.startsWith(`— ${key.name} `)).map((line) => decoded(line.slice(key.name.length + 3), "the checkpoint’s signature"));
  const [signature] = own.filter((it) => same(it.slice(0, 4), key.id));
  if (!signature) fail(`the checkpoint is not signed by the log’s key, ${key.name}`);
  if (!(await ed25519(key.raw, signature.slice(4), utf8.encode(signed)))) fail("the checkpoint’s signature does not hold: the log’s key has not signed this text");
  const [origin, size, root, ...more] = signed.split("\n");
  if (origin !== key.name || !/^(0|[1-9][0-9]*)$/.test(size) || more.join("") !== "") fail("the checkpoint is not that of this log");
  return { size: Number(size), root: decoded(root, "the checkpoint’s root") };
}

// ---- Tiles: C2SP tlog-tiles.

// 1234067 is x001/x234/067, and a tile that is not full says how wide it is.
function tile(kind, number, width) {
  let digits = String(number);
  digits = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = digits.match(/.../g);
  const path = groups.map((it, place) => (place + 1 < groups.length ? `x${it}` : it)).join("/");
  return `/tile/${kind}/${path}${width < WIDTH ? `.p/${width}` : ""}`;
}

async function bundles(log, size, progress) {
  const entries = [];
  for (let number = 0; number * WIDTH < size; number++) {
    const width = Math.min(WIDTH, size - number * WIDTH);
    const bytes = await fetched(log + tile("entries", number, width));
    let at = 0;
    const first = entries.length;
    while (at < bytes.length && entries.length < first + width) {
      const length = (bytes[at] << 8) | bytes[at + 1];
      if (!(at + 2 + length <= bytes.length)) fail(`entry ${entries.length} is cut off`);
      entries.push(bytes.slice(at + 2, at + 2 + length));
      at += 2 + length;
    }
    if (at !== bytes.length || entries.length !== first + width) fail(`an entry was dropped: where the checkpoint has entries ${first} to ${first + width - 1}, the log gives out ${entries.length - first} of ${width}`);
    progress(`${entries.length} of ${size} entries fetched`);
  }
  return entries;
}

// ---- The tree: RFC 6962.

function tree(leaves) {
  const known = new Map();
  // The complete subtree of 2^level leaves from index * 2^level on.
  async function node(level, index) {
    if (level === 0) return leaves[index];
    const name = `${level}/${index}`;
    if (!known.has(name)) known.set(name, await parent(await node(level - 1, 2 * index), await node(level - 1, 2 * index + 1)));
    return known.get(name);
  }
  const parent = (left, right) => sha256(joined([1], left, right));
  async function root(size) {
    if (size === 0) return sha256(new Uint8Array());
    let at = 0;
    const parts = [];
    for (let level = 52; level >= 0; level--) {
      const width = 2 ** level;
      if (size - at >= width) { parts.push(await node(level, at / width)); at += width; }
    }
    let all = parts.pop();
    while (parts.length) all = await parent(parts.pop(), all);
    return all;
  }
  return { node, root };
}

// Where the log's own tiles say something else than its entries: that names the entry.
async function otherwise(log, size, { node }) {
  const places = [];
  for (let level = 0; 2 ** (8 * level) <= size; level++) {
    const count = Math.floor(size / 2 ** (8 * level));
    for (let number = 0; number * WIDTH < count; number++) {
      const width = Math.min(WIDTH, count - number * WIDTH);
      const bytes = await fetched(log + tile(level, number, width));
      if (bytes.length !== 32 * width) { places.push(`the tile ${tile(level, number, width)} has ${bytes.length} bytes`); continue; }
      for (let place = 0; place < width; place++) {
        const index = number * WIDTH + place;
        if (same(bytes.slice(32 * place, 32 * place + 32), await node(8 * level, index))) continue;
        places.push(level === 0 ? `entry ${index}` : `the hash over entries ${index * 2 ** (8 * level)} to ${(index + 1) * 2 ** (8 * level) - 1}`);
      }
    }
  }
  return places;
}

// ---- Statements and their signatures.

const escaped = (words) => words.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

// An entry has one spelling: what is read is written again and compared.
function read(bytes, index) {
  let entry;
  try {
    const words = text.decode(bytes);
    entry = JSON.parse(words);
    const { time, envelope: { statement, signatures } } = entry;
    const signed = signatures.map(({ key, sig }) => `{"key":"${key}","sig":"${escaped(sig)}"}`).join(",");
    if (words !== `{"time":"${time}","envelope":{"statement":"${escaped(statement)}","signatures":[${signed}]}}`) throw new Error();
    if (signatures.length === 0) fail(`entry ${index} is not signed`);
    return { time, statement, signatures, says: JSON.parse(statement) };
  } catch (error) {
    if (error instanceof Fault) throw error;
    return fail(`entry ${index} is not an entry as this log writes them`);
  }
}

function wire(bytes) {
  let at = 0;
  const take = (length) => {
    if (at + length > bytes.length) fail("it is cut off");
    at += length;
    return bytes.slice(at - length, at);
  };
  const number = () => take(4).reduce((sum, it) => sum * 256 + it, 0);
  return { take, number, string: () => take(number()), ends: () => at === bytes.length };
}

const sized = (bytes) => joined([bytes.length >>> 24, (bytes.length >>> 16) & 255, (bytes.length >>> 8) & 255, bytes.length & 255], bytes);
const word = (bytes) => { try { return text.decode(bytes); } catch { return ""; } };

// PROTOCOL.sshsig: the raw key that has signed, by a plain key or one in a security key.
async function verified(armour, named, message) {
  const lines = armour.split("\n");
  if (lines[0] !== "-----BEGIN SSH SIGNATURE-----" || lines.at(-2) !== "-----END SSH SIGNATURE-----" || lines.at(-1) !== "") fail("it is not an SSH signature");
  const blob = wire(decoded(lines.slice(1, -2).join(""), "it"));
  if (word(blob.take(6)) !== "SSHSIG" || blob.number() !== 1) fail("it is not an SSH signature");
  const keyBlob = blob.string();
  const [namespace, reserved, hash, signature] = [blob.string(), blob.string(), blob.string(), blob.string()];
  if (word(namespace) !== NAMESPACE) fail("it was made for something else");
  if (reserved.length || word(hash) !== "sha512" || !blob.ends()) fail("it is of another form than this log takes");
  if (`SHA256:${base64(await sha256(keyBlob)).replace(/=+$/, "")}` !== named) fail("it was made by another key than the one that it names");
  const [key, sig] = [wire(keyBlob), wire(signature)];
  const kind = word(key.string());
  if (word(sig.string()) !== kind) fail("it is of another kind than its key");
  const [raw, value] = [key.string(), sig.string()];
  let signed = joined(utf8.encode("SSHSIG"), sized(namespace), sized(reserved), sized(hash), sized(await sha512(utf8.encode(message))));
  if (kind === "sk-ssh-ed25519@openssh.com") {
    const application = key.string();
    const rest = sig.take(5);
    // Bit 0: somebody touched the key. Bit 2: somebody gave its PIN.
    if (!word(application).startsWith("ssh:") || !(rest[0] & 1) || rest[0] & ~5) fail("its security key was not touched, or is not for signing");
    signed = joined(await sha256(application), rest, await sha256(signed));
  } else if (kind !== "ssh-ed25519") {
    fail("it is of a kind of key that this log does not take");
  }
  if (!key.ends() || !sig.ends() || raw.length !== 32 || value.length !== 64) fail("it is of another form than this log takes");
  if (!(await ed25519(raw, value, signed))) fail("it does not hold: that key has not signed this text");
  return hex(raw);
}

// The raw key of a line such as `ssh-ed25519 AAAA…`.
function raw(line) {
  const blob = wire(decoded(line.split(" ")[1] ?? "", "a key"));
  blob.string();
  return hex(blob.string());
}

// The keys that a statement names for somebody, from then on.
function names({ type, roster, key }) {
  if (type === "open" || type === "amend") return (roster ?? []).map((line) => raw(line.key));
  return type === "nominate" || type === "replace-key" ? [raw(key)] : [];
}

// ---- All of it, told as it goes.

export async function check(place, { log, anchor, reasons }) {
  const list = document.createElement("ul");
  const now = document.createElement("p");
  place.replaceChildren(now, list);
  const tell = (word, words) => {
    const line = document.createElement("li");
    const mark = document.createElement("b");
    if (word === "Fails") line.className = "failed";
    mark.textContent = word;
    line.append(mark, ` ${words}`);
    list.append(line);
  };
  const verdict = (kind, words) => {
    now.className = `verdict ${kind}`;
    now.textContent = words;
    place.dataset.verdict = kind;
  };
  delete place.dataset.verdict;
  now.textContent = "Checking …";
  if (!subtle) return verdict("undone", "Not checked: browsers lend their cryptography to pages over HTTPS only, and this one is not.");
  const knows = await subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]).then(() => true, () => false);
  if (!knows) return verdict("undone", "Not checked: this browser cannot verify Ed25519 signatures. A newer one can, and so does the command below.");
  let faults = 0;
  // One part of the check: goes on after a fault, since each is told.
  const part = async (passes, work) => {
    try {
      const found = await work();
      tell("Passes", typeof passes === "function" ? passes(found) : passes);
      return found;
    } catch (error) {
      faults += 1;
      tell("Fails", error instanceof Fault ? error.message : `it could not be read: ${error.message}`);
      return undefined;
    }
  };
  const progress = (words) => { now.textContent = `Checking: ${words} …`; };
  const end = () => {
    if (faults) verdict("failed", `The record does not pass: ${faults === 1 ? "one fault" : `${faults} faults`}, named below.`);
    else verdict("passed", "What was checked passes. The rules were not replayed.");
  };

  const head = await part(({ size }) => `The newest checkpoint, of ${size} entries, carries the log’s signature.`, async () => {
    const vkey = word(await fetched(`${log}/log.vkey`)).trim();
    const key = await noteKey(vkey);
    return { vkey, ...(await checkpoint(word(await fetched(`${log}/checkpoint`)), key)) };
  });
  // A checkpoint that nobody signed still says how many entries there are to be read.
  const size = head?.size ?? Number(word(await fetched(`${log}/checkpoint`).catch(() => new Uint8Array())).split("\n")[1]);
  const bytes = await part((it) => `All ${it.length} entries are given out.`, () => bundles(log, size, progress));
  if (!bytes) return end();

  progress("the tree");
  const hashes = tree(await Promise.all(bytes.map((it) => sha256(joined([0], it)))));
  await part("They hash to the checkpoint’s root, and each to its place in the log’s tree.", async () => {
    const places = await otherwise(log, bytes.length, hashes);
    if (places.length) fail(`not what the log’s own tree has: ${places.slice(0, 5).join(", ")}${places.length > 5 ? ", …" : ""}; altered, or moved by one that was dropped or put in`);
    if (head && !same(await hashes.root(bytes.length), head.root)) fail("the entries do not hash to the root of the checkpoint: something in them, or the checkpoint, was altered");
  });

  progress("the entries");
  const entries = [];
  await part("Each is written in its one form, and times never go back.", () => {
    for (const [index, it] of bytes.entries()) entries.push(read(it, index));
    const back = entries.findIndex((it, index) => index > 0 && it.time < entries[index - 1].time);
    if (back > 0) fail(`entry ${back} has an earlier time than the one before it`);
  });
  if (entries.length !== bytes.length) return end();

  await part("The first is the opening statement of the anchor above, and names the log’s key.", async () => {
    const { statement, says } = entries[0] ?? fail("the log has no entries");
    if (says.type !== "open") fail("entry 0 opens no agreement");
    if (`sha256:${hex(await sha256(utf8.encode(statement)))}` !== anchor) fail(`entry 0 is not the opening statement of ${anchor}`);
    if (head && says.log.vkey !== head.vkey) fail("the opening statement names another key for the log");
  });

  let signatures = 0;
  const named = new Set();
  const wrong = [];
  for (const [index, { statement, signatures: all, says }] of entries.entries()) {
    try { for (const key of names(says)) named.add(key); } catch { wrong.push(`entry ${index} names a key that cannot be read`); }
    for (const { key, sig } of all) {
      try {
        const by = await verified(sig, key, statement);
        if (!named.has(by)) fail("no statement up to it names that key for anybody");
        signatures += 1;
      } catch (error) {
        wrong.push(`entry ${index}, the signature of ${key}: ${error.message}`);
      }
    }
    if (index % 50 === 0) progress(`the signatures of entry ${index} of ${entries.length}`);
  }
  await part(`All ${signatures} signatures hold, each by a key that an entry up to it names for somebody.`, () => {
    if (wrong.length) fail(`${wrong.slice(0, 5).join("; ")}${wrong.length > 5 ? `; and ${wrong.length - 5} more` : ""}`);
  });

  progress("heads");
  await part("Each statement names a head of this log before it, so its signers saw this history and no other.", async () => {
    for (const [index, { says }] of entries.entries()) {
      if (index === 0) continue;
      const { size: after, root } = says.after ?? {};
      if (!Number.isSafeInteger(after) || after < 1 || after > index) fail(`entry ${index} names no head before it`);
      if (base64(await hashes.root(after)) !== root) fail(`entry ${index} was signed after another history than this: its signers saw another root of ${after} entries`);
    }
  });

  await part(`The entries that the page names as reasons are there: ${reasons.map((it) => `${it} (${entries[it]?.says.type ?? "none"} by ${[entries[it]?.says.by].flat().join(" and ")})`).join(", ")}.`, () => {
    const missing = reasons.filter((it) => !entries[it]);
    if (missing.length) fail(`the page names entries as reasons that the log does not have: ${missing.join(", ")}`);
  });
  tell("Not done", "The rules were not replayed, cosignatures of witnesses and documents not looked at. The command below does the first two.");
  return end();
}

"""A server between a browser and the log's, which gives out something else than the log."""

import base64
import contextlib
import hashlib
import http.server
import threading
import urllib.error
import urllib.request


def entries(bundle):
    """The entries of a bundle: each after its length, 16 bits."""
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


def bundled(entries):
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def in_bundle(change):
    """What `change` makes of the entries of the first bundle."""

    def lie(path, body):
        if "/tile/entries/000" not in path:
            return body
        changed = entries(body)
        change(changed)
        return bundled(changed)

    return lie


def rewritten(url, agreement, change, sign):
    """A log whose operator has changed its entries, built the tree anew and signed it: `sign(text)` gives the signature."""
    log = f"{url}/a/{agreement}"
    get = lambda file: urllib.request.urlopen(f"{log}/{file}", timeout=60).read()
    origin, size, *_ = get("checkpoint").split(b"\n")
    changed = entries(get(f"tile/entries/000.p/{int(size)}"))
    change(changed)
    leaves = [hashlib.sha256(b"\0" + entry).digest() for entry in changed]
    text = b"\n".join([origin, size, base64.b64encode(root(leaves)), b""])
    key_id = bytes.fromhex(get("log.vkey").split(b"+")[1].decode())
    note = text + b"\n\xe2\x80\x94 " + origin + b" " + base64.b64encode(key_id + sign(text)) + b"\n"
    files = {"checkpoint": note, "tile/entries/000": bundled(changed), "tile/0/000": b"".join(leaves)}

    def lie(path, body):
        file = path.removeprefix(f"/a/{agreement}/").split(".p/")[0]
        return files.get(file, body)

    return lie


def root(leaves):
    """RFC 6962's root of these leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()


@contextlib.contextmanager
def between(url, lie):
    """The address of a server that answers as `url` does, each body as `lie(path, body)` makes it."""

    class Between(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.split("?")[0].endswith("/events"):
                self.send_error(204)
                return
            try:
                answer = urllib.request.urlopen(url + self.path, timeout=60)
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                body = lie(self.path, answer.read())
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                        self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

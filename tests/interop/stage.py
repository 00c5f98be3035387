"""What the tests of this folder share: a played log with its exports, the two verifiers, and an operator who lies."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import aics_tlog as tlog
from aics_tlog.note import b64_decode
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ROOT = Path(__file__).resolve().parents[2]
QUORATE = os.environ["QUORATE"]
TOOLS = {
    "go": [os.environ["QUORATE_GO"]],
    "aics": [sys.executable, "-B", str(Path(__file__).with_name("aics_check.py"))],
}
# More than one tile: 256 entries fill the first.
SIZES = [34, 200, 256, 270]


def run(*command, cwd=None, stdin=None):
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=300)


def judge(tool, what, path, vkey, *witnesses):
    """The exit code and the words of one verifier."""
    done = run(*TOOLS[tool], what, str(path), vkey, *witnesses)
    return done.returncode, done.stdout + done.stderr


class Folder:
    """A folder in which the program keeps an agreement of the demo's parties in `demo/data`, exported to `public`."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.home = Path(self.temporary.name)
        self.public = self.home / "public"
        self.data = self.home / "demo" / "data"

    def use_key(self, vkey):
        """Takes the log's keys, the private one too: a test may play a log that lies."""
        self.vkey = vkey
        self.origin = tlog.parse_vkey(vkey).name
        seed = b64_decode((self.data / "log.key").read_text().split()[1])
        self.key = Ed25519PrivateKey.from_private_bytes(seed)

    def run(self, *words, data=None):
        where = [] if words[0] == "demo" else ["--data", str(data or self.data)]
        return run(QUORATE, *where, *words, cwd=self.home)

    def quorate(self, *words):
        """What a command says, which must succeed."""
        done = self.run(*words)
        if done.returncode != 0:
            raise AssertionError(f"quorate {' '.join(words)}: {done.stderr}{done.stdout}")
        return done.stdout

    def copy(self):
        """A copy of the exported folder, to be tampered with."""
        folder = Path(tempfile.mkdtemp(dir=self.home)) / "public"
        return Path(shutil.copytree(self.public, folder))

    def signed(self, size, root, key=None):
        """A checkpoint as whoever holds the log's key can sign any, or another `key`."""
        return tlog.sign_checkpoint(tlog.Checkpoint(self.origin, size, root), key or self.key, self.origin).to_bytes()


class Log(Folder):
    """The play of `quorate demo`, then reaffirmations until it has 270 entries, exported at each of SIZES."""

    def __init__(self):
        super().__init__()
        self.quorate("demo", "--dir", "demo")
        officers = ["openai-ceo", "openai-research", "microsoft-ceo", "microsoft-cloud"]
        keys = [word for officer in officers for word in ("--key", officer)]
        size = SIZES[0]
        for wanted in SIZES:
            while size < wanted:
                self.quorate("--clock", "2026-06-03", "reaffirm", "--occasion", f"Meeting {size}", *keys)
                size += 1
            self.quorate("export", "public")
        self.use_key((self.public / "log.vkey").read_text().strip())

    def receipt(self, index):
        return self.data / "receipts" / "agi-2025" / f"{index}.tlog-proof"


class Live(Folder):
    """A specimen under the machine's own clock, as witnesses that are not ours have no other: keys, and a log that
    `open` begins."""

    OFFICERS = ["openai-ceo", "openai-counsel", "microsoft-ceo", "microsoft-counsel"]
    KEYS = [word for officer in OFFICERS for word in ("--key", officer)]

    def __init__(self):
        super().__init__()
        # The play opens an agreement at its own time first: its folder is taken over without that.
        self.quorate("demo", "--dir", "demo", "--until", "2025-10-28T16:00:01Z")
        for name in ("store", "receipts"):
            shutil.rmtree(self.data / name)
        self.use_key(json.loads(self.quorate("key", "show", "--log", "agi-2025", "--json"))["vkey"])

    def open(self, policy=None):
        files = {"--workflow": "agi-2025.toml", "--contract": "agi-2025.contract.txt", "--roster": "roster.toml"}
        words = [word for option, name in files.items() for word in (option, f"demo/{name}")]
        if policy is not None:
            (self.home / "policy").write_text(policy)
            words += ["--policy", "policy"]
        self.quorate("open", "agi-2025", *words, *self.KEYS)

    def reaffirm(self, *occasions, data=None):
        for occasion in occasions:
            done = self.run("reaffirm", "--occasion", occasion, *self.KEYS, data=data)
            if done.returncode != 0:
                raise AssertionError(done.stderr)


def entries(folder, size):
    """The entries of an honest folder."""
    tiles = tlog.FileSystemTileReader(folder)
    bundles = [(index, min(256, size - 256 * index)) for index in range((size + 255) // 256)]
    read = [tiles.read_entry_bundle(index, None if width == 256 else width) for index, width in bundles]
    return [entry for bundle in read for entry in tlog.tiles.parse_entry_bundle(bundle)]


def rebuild(folder, all_entries):
    """Replaces tiles and bundles by those that `all_entries` make; gives their root."""
    shutil.rmtree(folder / "tile")
    tlog.TileWriter(all_entries).write_to(folder)
    return tlog.MerkleTree(all_entries).root()


def envelope(entry):
    return json.loads(entry)["envelope"]


@contextmanager
def witness(home, name, origin, vkey):
    """PyPI's aics-witness, a C2SP tlog-witness, at a port of this machine; gives its address and its key."""
    home.mkdir()
    config = ["--config", str(home / "witness.json")]
    program = [sys.executable, "-B", "-m", "aics_witness"]
    made = run(*program, "init", *config, "--name", name)
    added = run(*program, "add-log", *config, "--origin", origin, "--vkey", vkey)
    if made.returncode or added.returncode:
        raise AssertionError(made.stderr + added.stderr)
    with served([*program, "serve", *config], home / "words") as url:
        yield url, made.stdout.strip()


@contextmanager
def own_witness(home, name, vkey):
    """The witness of this program, likewise."""
    made = run(QUORATE, "--json", "witness", "init", str(home), "--name", name)
    added = run(QUORATE, "witness", "add-log", str(home), vkey)
    if made.returncode or added.returncode:
        raise AssertionError(made.stderr + added.stderr)
    with served([QUORATE, "witness", "serve", str(home)], home.with_suffix(".words")) as url:
        yield url, json.loads(made.stdout)["vkey"]


@contextmanager
def served(program, log):
    """A server at a free port, which has begun to listen; `log` is the file of what it says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with open(log, "w") as words:
        listen = ["--listen", f"127.0.0.1:{port}"]
        server = subprocess.Popen([*program, *listen], stdout=subprocess.DEVNULL, stderr=words)
        try:
            for _ in range(600):
                if server.poll() is not None:
                    raise AssertionError(log.read_text())
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)

"""A data folder with cases that a browser can look at, and the server that shows them.

`agi-2025` is the play of `quorate demo`, from the declaration to the switched licences. `agi-now` is the same workflow with
times that end today: its ballot is open, and five of seven have committed. `agi-long` is open, for a log of several tiles.
`agi-closed` is open too, and restricted.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import tomllib
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUORATE = os.environ["QUORATE"]
SEATS = ["o1", "o2", "m1", "m2", "i1", "i2", "i3"]
OPENAI = ["--key", "openai-ceo", "--key", "openai-counsel"]
MICROSOFT = ["--key", "microsoft-ceo", "--key", "microsoft-counsel"]
PARTIES = OPENAI + MICROSOFT


def days_ago(days):
    return (datetime.now(timezone.utc) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Stage:
    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.home = Path(self.temporary.name)
        self.run("demo", "--dir", "demo", data=None)
        self.data = self.home / "demo" / "data"
        self.now()

    def close(self):
        self.temporary.cleanup()

    def run(self, *words, data="demo/data", clock=None, server=None):
        """What a command says, which must succeed."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("QUORATE_")}
        where = ["--data", str(self.home / data)] if data else []
        when = ["--clock", clock] if clock else []
        far = ["--server", server] if server else []
        command = [QUORATE, *words, *where, *when, *far]
        done = subprocess.run(command, cwd=self.home, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {done.stderr}{done.stdout}")
        return done.stdout

    def play(self, clock, agreement, *lines):
        for line in lines:
            # Acts name their case, and everything else its agreement.
            self.run(*line, "--agreement", agreement, clock=clock)

    def now(self):
        """The second agreement: declared 70 days ago, so that sixty days of evidence are over and the ballot is open."""
        demo = self.home / "demo"
        for file in ["agi-2025.toml", "agi-2025.contract.txt"]:
            shutil.copy(ROOT / "workflows" / file, self.home / file)
        for file in ["declaration.md", "interests.md", "evaluation.md", "roster.toml"]:
            shutil.copy(demo / file, self.home / file)
        for name in ["agi-now", "agi-long"]:
            files = ["--workflow", "agi-2025.toml", "--contract", "agi-2025.contract.txt", "--roster", "roster.toml"]
            self.run("open", name, *files, *PARTIES, clock=days_ago(90))
        text = (self.home / "agi-2025.toml").read_text()
        (self.home / "closed.toml").write_text(text.replace("\n[contract]", "\naccess = \"restricted\"\n[contract]", 1))
        files = ["--workflow", "closed.toml", "--contract", "agi-2025.contract.txt", "--roster", "roster.toml"]
        self.run("open", "agi-closed", *files, *PARTIES, clock=days_ago(90))
        play = lambda days, *lines: self.play(days_ago(days), "agi-now", *lines)
        play(80, ["declare", "--attach", "declaration=declaration.md", *OPENAI])
        people = ["Ana Example", "Ben Example", "Cem Example", "Dia Example", "Eva Example", "Fay Example", "Gil Example"]
        for seat, person in zip(SEATS, people):
            key = {"o": OPENAI, "m": MICROSOFT, "i": ["--key", "registrar"]}[seat[0]]
            play(75, ["nominate", seat, "--person", person, "--nominee-key", seat, *key])
        for seat in SEATS:
            play(70, ["accept-seat", "--seat", seat, "--disclosure", "interests.md", "--key", seat])
        play(60, ["file", "--attach", "exhibit=evaluation.md", *OPENAI])
        for seat in SEATS[:5]:
            play(2, ["vote", "--choice", "met", "--key", seat])

    @contextlib.contextmanager
    def serving(self):
        """The address of a server of this folder, on a free port."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("QUORATE_")}
        with open(self.home / "serve.log", "w") as log:
            command = [QUORATE, "serve", "--listen", "127.0.0.1:0", "--data", str(self.data)]
            process = subprocess.Popen(command, cwd=self.home, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
            try:
                line = process.stdout.readline().strip()
                if not line.startswith("listening on "):
                    raise AssertionError(line + (self.home / "serve.log").read_text())
                yield "http://" + line.removeprefix("listening on ")
            finally:
                process.terminate()
                process.wait(30)
                process.stdout.close()

"""The commands of the README and of docs/interop.md, run as they are written, say what is shown there."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from stage import ROOT

VENV = Path(sys.prefix)


def section(path, heading):
    """The text below a heading, up to the next one."""
    return re.split(r"\n#+ ", (ROOT / path).read_text().split(f"\n{heading}\n", 1)[1])[0]


def fenced(text, kind):
    return re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)[1]


class AsWritten(unittest.TestCase):
    def says(self, commands, shown, folder):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], cwd=folder, capture_output=True, text=True, timeout=300
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        said, shown = done.stdout.splitlines(), shown.splitlines()
        self.assertEqual(len(said), len(shown), done.stdout)
        for line, pattern in zip(said, shown):
            self.assertRegex(line, "^" + ".*".join(map(re.escape, pattern.split("…"))) + "$")

    def test_the_readme_with_nothing_of_ours(self):
        text = section("README.md", "### With nothing of ours")
        commands = [line[4:] for line in text.splitlines() if line.startswith("    ")]
        self.assertTrue(commands[0].startswith("git clone ") and commands[2].endswith(" aics-tlog==0.2.1"))
        self.assertIn("\naics-tlog==0.2.1 ", (ROOT / "tests/interop/requirements.txt").read_text())
        with tempfile.TemporaryDirectory() as home:
            clone = Path(home, "quorate")
            for folder in ("keys", "tests/data"):
                shutil.copytree(ROOT / folder, clone / folder)
            os.symlink(VENV, Path(home, "not-ours"))
            self.says("\n".join(commands[3:]), fenced(text, "text"), clone)

    def test_the_commands_of_the_page(self):
        text = section("docs/interop.md", "## The commands")
        self.says(fenced(text, "sh"), fenced(text, "text"), ROOT)


if __name__ == "__main__":
    unittest.main()

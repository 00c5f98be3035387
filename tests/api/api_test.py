"""schemathesis against a served case: see `run` beside it."""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import requests
import schemathesis

HERE = Path(__file__).resolve().parent
QUORATE = os.environ["QUORATE"]
# How long requests are made up, in seconds.
TIME = int(os.environ.get("QUORATE_API_SECONDS", "60"))
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "unsupported_method",
    "allow_header_conformance",
]


def environment():
    named = ["QUORATE_DATA", "QUORATE_CLOCK", "QUORATE_SERVER", "QUORATE_LOG"]
    return {name: value for name, value in os.environ.items() if name not in named}


def quorate(home, *words):
    done = subprocess.run(
        [QUORATE, *words], cwd=home, env=environment(), capture_output=True, text=True, timeout=300
    )
    if done.returncode != 0:
        raise AssertionError(f"quorate {' '.join(words)}: {done.stderr}{done.stdout}")
    return done.stdout


@contextmanager
def served(home):
    """The address of a server of the demo's agreement, whose log goes to `serve.log`."""
    quorate(home, "demo", "--dir", "demo")
    with open(home / "serve.log", "w") as log:
        command = [QUORATE, "serve", "--listen", "127.0.0.1:0", "--data", "demo/data"]
        process = subprocess.Popen(
            command, cwd=home, env=environment(), stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            line = process.stdout.readline()
            yield "http://" + re.fullmatch(r"listening on (.+)\n", line)[1]
        finally:
            process.terminate()
            code = process.wait(timeout=60)
    if code != 0:
        raise AssertionError(f"the server ended with {code}: {(home / 'serve.log').read_text()[-2000:]}")


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def made_up(url, home):
    """Requests that schemathesis makes up from the description. A stream of events, which has no end, is left out."""
    command = [Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml"]
    command += ["run", f"{url}/v1/openapi.json", "--checks", ",".join(CHECKS), "--max-time", str(TIME)]
    command += ["--workers", "2", "--seed", "1", "--suppress-health-check", "all", "--no-color"]
    command += ["--exclude-path-regex", "/events$", "--request-timeout", "20"]
    hooked = {**environment(), "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py")}
    return subprocess.run([*map(str, command)], cwd=home, env=hooked).returncode


def known(url):
    """Real requests, whose answers are held to the description as well: those that chance does not find."""
    schema = schemathesis.openapi.from_url(f"{url}/v1/openapi.json")
    submit = schema["/v1/statements"]["POST"]
    envelope = json.loads(get(f"{url}/v1/agreements/agi-2025/entries/12"))["envelope"]
    # In the one exact form, which requests would not send.
    text = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False)
    again = requests.post(
        f"{url}/v1/statements", data=text.encode(), headers={"content-type": "application/json"}, timeout=60
    )
    submit.Case(body=envelope, media_type="application/json").validate_response(again)
    assert again.status_code == 200, again.text
    status = json.loads(get(f"{url}/v1/agreements/agi-2025/status"))
    filed = status["cases"][0]["filed"][0]["digest"].removeprefix("sha256:")
    asked = [
        ("/a/{agreement}/blobs/{hex}", {"hex": filed}, {}, 200),
        ("/v1/agreements/{agreement}/licence", {}, {"at": "2033-01-02"}, 200),
        ("/v1/agreements/{agreement}/licence", {}, {"known_at": "2026-04-01"}, 200),
        ("/v1/agreements/{agreement}/licence", {}, {"at": "1990-01-01"}, 404),
        ("/v1/agreements/{agreement}/status", {}, {"at": "2026-05-12T13:00:00Z"}, 200),
        ("/v1/agreements/{agreement}/entries", {}, {"from": 3, "limit": 256}, 200),
        ("/v1/agreements/{agreement}/entries/{index}", {"index": 3}, {}, 200),
        ("/v1/agreements/{agreement}/entries/{index}/receipt", {"index": 3}, {}, 200),
        ("/a/{agreement}/tile/{level}/{index}", {"level": "0", "index": "000.p/3"}, {}, 200),
    ]
    for path, parts, query, status in asked:
        case = schema[path]["GET"].Case(path_parameters={"agreement": "agi-2025", **parts}, query=query)
        answer = case.call_and_validate()
        assert answer.status_code == status, (path, query, answer.status_code)
        if tag := answer.headers.get("etag"):
            same = schema[path]["GET"].Case(
                path_parameters={"agreement": "agi-2025"}, query=query, headers={"if-none-match": tag[0]}
            )
            assert same.call_and_validate().status_code == 304, (path, query)


def main():
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with served(home) as url:
            before = get(f"{url}/a/agi-2025/checkpoint")
            known(url)
            code = made_up(url, home)
            # Nothing that was made up is in the log, which passes.
            assert get(f"{url}/a/agi-2025/checkpoint") == before
            quorate(home, "audit", f"{url}/a/agi-2025")
        log = (home / "serve.log").read_text()
    assert "panicked" not in log, log[-2000:]
    return code


if __name__ == "__main__":
    sys.exit(main())

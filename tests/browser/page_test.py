"""The pages in a browser: what they say, how they follow the record, what their check finds, and whom they keep out."""

import base64
import os
import re
import subprocess
import unittest
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from liar import between, in_bundle, rewritten
from stage import PARTIES, Stage

DONE, NOW = "/agreements/agi-2025", "/agreements/agi-now"
CASE = "/cases/verification/1"
PAGES = {
    "list": "/",
    "sign-in": "/sign-in",
    "agreement": NOW,
    "switched": DONE,
    "case": NOW + CASE,
    "closed": DONE + CASE,
    "report": DONE + CASE + "/report",
    "grant": DONE + "/grants/research-ip",
    "record": DONE + "/entries",
    "entry": DONE + "/entries/32",
    "workflow": NOW + "/workflow",
    "programs": "/docs/api",
    "nothing": "/agreements/nothing",
}
WIDTHS = [390, 1280]
SCHEMES = ["light", "dark"]
# The panel of the demo: 34 entries, the last reveal of which is the reason for what ended.
REASON = 32


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        cls.addClassCleanup(cls.stage.close)
        cls.url = cls.enterClassContext(cls.stage.serving())
        playwright = cls.enterClassContext(sync_playwright())
        cls.browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)

    def open(self, path, *, url=None, width=1280, scheme="light", quiet=True, **more):
        """A page in a window of its own. What it complains of fails the test, unless that is what the test is about."""
        context = self.browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, **more)
        self.addCleanup(context.close)
        page = context.new_page()
        complaints = []
        page.on("console", lambda it: complaints.append(it.text) if it.type in ("error", "warning") else None)
        page.on("pageerror", lambda it: complaints.append(str(it)))
        if quiet:
            self.addCleanup(lambda: self.assertEqual(complaints, [], path))
        page.goto((url or self.url) + path)
        return page

    # What is in force

    def test_what_is_in_force_comes_first_with_its_reason(self):
        page = self.open(DONE)
        first = page.locator("main section").first
        self.assertEqual(first.get_by_role("heading").inner_text(), "What is in force?")
        row = first.get_by_role("row", name="research-ip")
        self.assertEqual(row.locator(".value").inner_text(), "ended")
        self.assertIn("2026-05-13", row.inner_text())
        row.get_by_role("link", name=f"entry {REASON}").click()
        self.assertIn("revealed the vote", page.locator(".lead").inner_text())
        self.assertIn("SPECIMEN: it binds nobody.", page.locator("main").inner_text())

    def test_pages_are_whole_without_javascript(self):
        with_script, without = self.open(NOW), self.open(NOW, java_script_enabled=False)
        said = lambda page: page.locator("#in-force").inner_text() + page.locator("#cases").inner_text()
        self.assertEqual(said(with_script), said(without))
        self.assertTrue(without.get_by_text("That takes JavaScript; the command below does not.").is_visible())
        self.assertFalse(without.get_by_role("button").is_visible())

    # Live

    def test_a_vote_is_seen_as_it_comes(self):
        agreement, case = self.open(NOW), self.open(NOW + CASE)
        for page in (agreement, case):
            page.get_by_text("This page follows the record.").wait_for()
            # A page that was loaded anew would not have it.
            page.evaluate("window.same = true")
        self.assertIn("without a vote 2", agreement.locator("#cases .key").inner_text())
        self.stage.run("vote", "--choice", "not-met", "--key", "i2", "--agreement", "agi-now", server=self.url)
        for page in (agreement, case):
            page.locator(".key", has_text="without a vote 1").wait_for()
            self.assertRegex(page.locator("#live").inner_text(), "committed to a vote on verification#1/finding#1")
        self.assertIn("entry 22", agreement.locator("#record").inner_text())
        self.assertIn("committed, not revealed", case.get_by_role("row", name="i2").first.inner_text())
        # With the last of them the votes can be revealed: the state moves, and the reasons for it are told.
        self.stage.run("vote", "--choice", "met", "--key", "i3", "--agreement", "agi-now", server=self.url)
        for page in (agreement, case):
            page.get_by_text("votes are revealed until").first.wait_for()
            page.locator("#live", has_text="can be revealed until").wait_for()
            self.assertTrue(page.evaluate("window.same"))
        # And what is shown now is what a reader sees who comes now.
        fresh = self.open(NOW + CASE)
        # How far off a time is may be told otherwise a second later.
        said = lambda page: re.sub(r", in \d+ \w+", "", page.locator("#ballots").inner_html())
        self.assertEqual(said(fresh), said(case))

    def test_a_page_comes_again_after_an_answer_that_is_none_of_events(self):
        page = self.open("/", quiet=False)
        refused = []

        def events(route):
            if refused:
                return route.continue_()
            refused.append(route.request.url)
            return route.fulfill(status=503, body="starting anew")

        page.route("**/events?*", events)
        page.goto(self.url + NOW)
        page.locator("#live", has_text="Not connected: what is shown may be out of date.").wait_for()
        page.locator("#live", has_text="Connected again.").wait_for()
        self.assertEqual(len(refused), 1)

    def test_a_page_that_cannot_be_renewed_says_so(self):
        page = self.open("/", quiet=False)
        loads = []

        def load(route):
            loads.append(route.request.url)
            return route.continue_() if len(loads) == 1 else route.fulfill(status=503, body="busy")

        moved = 'event: state\ndata: {"changes": ["it moved"], "licence": false}\n\n'
        page.route("**/events?*", lambda route: route.fulfill(content_type="text/event-stream", body=moved))
        page.route("**" + NOW, load)
        page.goto(self.url + NOW)
        page.locator("#live", has_text="The page could not be renewed; reload it.").wait_for()

    def test_a_page_that_nobody_looks_at_holds_no_connection(self):
        page = self.open("/")
        page.goto(self.url + NOW)
        page.locator("#live", has_text="This page follows the record.").wait_for()

        def hidden(is_hidden):
            page.evaluate("""(is) => {
                Object.defineProperty(document, "hidden", { value: is, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }""", is_hidden)

        asked = []
        page.on("request", lambda request: asked.append(request.url))
        with page.expect_event("requestfailed", lambda request: "/events" in request.url):
            hidden(True)
        self.assertEqual([url for url in asked if "/events" in url], [])
        hidden(False)
        page.locator("#live", has_text="Connected again.").wait_for()

    def test_a_check_that_cannot_be_loaded_says_so(self):
        page = self.open("/", quiet=False)
        page.route("**/check*.js", lambda route: route.fulfill(status=404, body="not here"))
        page.goto(self.url + NOW)
        button = page.locator("#check button")
        button.click()
        page.locator("#check .result", has_text="Not checked: what checks it could not be loaded.").wait_for()
        self.assertTrue(button.is_enabled())

    # With a key

    def test_a_reader_signs_in_with_their_key(self):
        closed = "/agreements/agi-closed"
        page = self.open("/sign-in", quiet=False)
        self.assertEqual(page.request.get(self.url + closed).status, 404)
        command = page.locator("pre.command").first.inner_text()
        key = self.stage.data / "keys" / "openai-ceo"
        shell = ["sh", "-c", command.replace("~/.ssh/id_ed25519", str(key))]
        signature = subprocess.run(shell, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
        page.get_by_label("What it prints").fill(signature)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(self.url + "/")
        page.locator(f"a[href='{closed}']").first.click()
        page.get_by_text("This page follows the record.").wait_for()
        # And in another window nobody is.
        self.assertEqual(self.open("/", quiet=False).locator(f"a[href='{closed}']").count(), 0)

    # The check

    def checked(self, path=DONE, **how):
        page = self.open(path, **how)
        page.get_by_role("button", name="Check the record in this browser").click()
        page.locator(".result[data-verdict]").wait_for(timeout=60_000)
        return page.locator(".result")

    def test_an_honest_record_passes_and_says_what_was_not_checked(self):
        result = self.checked()
        self.assertEqual(result.get_attribute("data-verdict"), "passed", result.inner_text())
        said = result.inner_text()
        self.assertIn("The rules were not replayed", said)
        self.assertIn("All 34 entries", said)
        self.assertIn("All 47 signatures hold", said)
        self.assertIn(f"{REASON} (reveal by m2)", said)
        panel = result.page.locator("#check").inner_text()
        self.assertIn("a server that lies can serve a script that lies", panel)
        command = re.sub(r"\s*\\\s*", " ", result.page.locator(".command").inner_text())
        words = command.split()
        self.assertEqual(words[:2], ["quorate", "audit"])
        self.assertIn("passes", self.stage.run(*words[1:], data=None))

    def fails(self, lie, *named, path=DONE):
        with between(self.url, lie) as url:
            result = self.checked(path, url=url, quiet=False)
            self.assertEqual(result.get_attribute("data-verdict"), "failed", result.inner_text())
            for words in named:
                self.assertIn(words, result.inner_text())

    def test_the_way_there_changes_nothing(self):
        with between(self.url, lambda path, body: body) as url:
            result = self.checked(url=url, quiet=False)
            self.assertEqual(result.get_attribute("data-verdict"), "passed", result.inner_text())

    def test_an_altered_entry_is_named(self):
        def alter(entries):
            there = b'\\"choice\\":\\"not-met\\"'
            self.assertIn(there, entries[REASON])
            entries[REASON] = entries[REASON].replace(there, b'\\"choice\\":\\"met\\"')

        self.fails(in_bundle(alter), f"not what the log’s own tree has: entry {REASON};", f"entry {REASON}, the signature of SHA256:")

    def test_an_altered_time_is_named(self):
        def alter(entries):
            entries[5] = entries[5].replace(b'"time":"2026', b'"time":"2027', 1)

        self.fails(in_bundle(alter), "not what the log’s own tree has: entry 5;", "entry 6 has an earlier time")

    def test_an_altered_signature_is_named(self):
        def alter(entries):
            # A letter in the middle of the second line of the armour: the signature itself.
            armour = entries[20].rindex(b"-----END")
            place = armour - 40
            letter = b"A" if entries[20][place : place + 1] != b"A" else b"B"
            entries[20] = entries[20][:place] + letter + entries[20][place + 1 :]

        self.fails(in_bundle(alter), "entry 20, the signature of SHA256:", "has not signed this text")

    def test_a_dropped_entry_is_named(self):
        self.fails(in_bundle(lambda entries: entries.pop(10)), "an entry was dropped", "33 of 34")

    def test_an_entry_in_the_place_of_another_is_named(self):
        def swap(entries):
            entries[18], entries[19] = entries[19], entries[18]

        self.fails(in_bundle(swap), "entry 18, entry 19; altered, or moved")

    def test_a_forged_checkpoint_is_named(self):
        def forge(path, body):
            if not path.endswith("/checkpoint"):
                return body
            lines = body.split(b"\n")
            lines[2] = b"A" * 43 + b"="
            return b"\n".join(lines)

        self.fails(forge, "the log’s key has not signed this text")

    def test_an_operator_who_rebuilds_the_tree_and_signs_it_is_convicted_by_the_signers(self):
        def alter(entries):
            entries[REASON] = entries[REASON].replace(b'\\"choice\\":\\"not-met\\"', b'\\"choice\\":\\"met\\"')

        lie = rewritten(self.url, "agi-2025", alter, lambda text: self.signed_by_the_log(text))
        # Whoever holds the log's key can make everything fit but what other people have signed.
        self.fails(lie, f"entry {REASON}, the signature of SHA256:", "entry 33 was signed after another history than this")

    def signed_by_the_log(self, text):
        """The log's own signature, as whoever operates it can make any."""
        seed = base64.b64decode((self.stage.data / "log.key").read_text().split()[1])
        page = self.open("/")
        sign = """async ([key, text]) => {
            const bytes = Uint8Array.from(atob(key), (it) => it.charCodeAt(0));
            const own = await crypto.subtle.importKey("pkcs8", bytes, { name: "Ed25519" }, false, ["sign"]);
            const signed = await crypto.subtle.sign({ name: "Ed25519" }, own, new TextEncoder().encode(text));
            return btoa(String.fromCharCode(...new Uint8Array(signed)));
        }"""
        # RFC 8410: the seed in PKCS #8.
        key = bytes.fromhex("302e020100300506032b657004220420") + seed
        return base64.b64decode(page.evaluate(sign, [base64.b64encode(key).decode(), text.decode()]))

    def test_a_log_of_several_tiles_is_checked_whole(self):
        for number in range(260):
            self.stage.run("reaffirm", "--occasion", f"No. {number}", *PARTIES, "--agreement", "agi-long", server=self.url)
        result = self.checked("/agreements/agi-long")
        self.assertEqual(result.get_attribute("data-verdict"), "passed", result.inner_text())
        self.assertIn("All 261 entries", result.inner_text())

        def alter(path, body):
            if "/tile/entries/001" not in path:
                return body
            return body.replace(b"No. 258", b"No. 25B")

        self.fails(alter, "not what the log’s own tree has: entry 259;", "entry 259, the signature of SHA256:", path="/agreements/agi-long")

    def test_a_checkpoint_by_another_key_is_named(self):
        def forge(path, body):
            if path.endswith("/checkpoint"):
                return re.sub(rb"(\n\xe2\x80\x94 \S+ )....", rb"\1AAAA", body)
            return body

        self.fails(forge, "is not signed by the log’s key")

    def test_another_agreement_is_named(self):
        def other(path, body):
            return body.replace(b'data-anchor="sha256:', b'data-anchor="sha256:0', 1) if path == DONE else body

        self.fails(other, "entry 0 is not the opening statement of sha256:0")

    def test_reasons_that_the_log_does_not_have_are_named(self):
        def invent(path, body):
            return body.replace(b'data-reasons="0 ', b'data-reasons="0 99 ', 1) if path == DONE else body

        self.fails(invent, "the page names entries as reasons that the log does not have: 99")

    def test_a_browser_without_ed25519_says_so(self):
        page = self.open(DONE)
        none = "Promise.reject(new DOMException('none', 'NotSupportedError'))"
        page.evaluate(f"() => {{ crypto.subtle.generateKey = () => {none} }}")
        page.get_by_role("button").click()
        page.locator(".result[data-verdict=undone]").wait_for()
        self.assertIn("cannot verify Ed25519", page.locator(".result").inner_text())

    # For everybody

    def test_nobody_is_kept_out(self):
        axe = Axe()
        for name, path in PAGES.items():
            for width in WIDTHS:
                for scheme in SCHEMES:
                    with self.subTest(name=name, width=width, scheme=scheme):
                        # The browser tells of a 404 on its console.
                        page = self.open(path, width=width, scheme=scheme, quiet=name != "nothing")
                        found = axe.run(page)
                        self.assertEqual(found.violations_count, 0, found.generate_report())
                        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
                        self.keep(page, f"{name}-{width}-{scheme}")
                        page.context.close()

    def test_the_check_keeps_nobody_out(self):
        for scheme in SCHEMES:
            result = self.checked(width=390, scheme=scheme)
            found = Axe().run(result.page)
            self.assertEqual(found.violations_count, 0, found.generate_report())
            self.keep(result.page, f"checked-390-{scheme}")

    def keep(self, page, name):
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    def test_it_is_read_by_keyboard(self):
        page = self.open(DONE)
        focused = lambda: page.evaluate("document.activeElement.textContent.trim()")
        page.keyboard.press("Tab")
        self.assertEqual(focused(), "Skip to the content")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        self.assertTrue(page.evaluate("document.getElementById('main').contains(document.activeElement)"))
        self.assertEqual(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "solid")
        for _ in range(200):
            if focused() == "Check the record in this browser":
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator(".result[data-verdict=passed]").wait_for()

    def test_the_first_view_is_small_and_asks_nobody_else(self):
        for path in (DONE, NOW):
            asked = []
            context = self.browser.new_context()
            self.addCleanup(context.close)
            page = context.new_page()
            page.on("response", lambda it: asked.append(it))
            page.goto(self.url + path)
            page.get_by_text("This page follows the record.").wait_for()
            for answer in asked:
                self.assertTrue(answer.url.startswith(self.url), answer.url)
            # The sign in the browser's tab is no part of the view, but of what is fetched.
            view = {it.url: it.request.resource_type for it in asked if "/sign-" not in it.url}
            self.assertEqual(sorted(view.values()), ["document", "eventsource", "script", "stylesheet"])
            fetched = {it.url: len(it.body()) for it in asked if it.request.resource_type != "eventsource"}
            self.assertLess(sum(fetched.values()), 60 * 1024, fetched)


if __name__ == "__main__":
    unittest.main()

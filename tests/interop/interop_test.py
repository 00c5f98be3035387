"""Verifiers that are not ours accept what `quorate` exports, and reject it tampered with: `tests/interop/run`."""

import io
import unittest
from contextlib import redirect_stdout

import aics_tlog as tlog
from aics_tlog.note import b64_encode
from aics_witness.feeder import WitnessClient, WitnessRejected, merge_cosignatures
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import aics_check
import stage
from stage import ROOT, SIZES, TOOLS, judge

SIZE = SIZES[-1]


def setUpModule():
    global LOG
    LOG = stage.Log()


def tearDownModule():
    LOG.temporary.cleanup()


class Judged(unittest.TestCase):
    def accepts(self, what, path, vkey, *witnesses):
        for tool in TOOLS:
            with self.subTest(tool=tool, path=path):
                code, words = judge(tool, what, path, vkey, *witnesses)
                self.assertEqual(code, 0, words)

    def rejects(self, what, path, reasons, *witnesses, vkey=None):
        """Each tool rejects it, and for the reason that is expected: by a part of its words."""
        for tool, reason in reasons.items():
            with self.subTest(tool=tool):
                code, words = judge(tool, what, path, vkey or LOG.vkey, *witnesses)
                self.assertEqual(code, 1, words)
                self.assertIn("REJECTED: ", words)
                self.assertIn(reason, words)


class Accepted(Judged):
    def test_the_recorded_examples(self):
        folder, vkey = ROOT / "tests/data/agi-2025", (ROOT / "keys/agi-2025.vkey").read_text().strip()
        self.accepts("log", folder, vkey)
        self.accepts("receipt", folder / "25.tlog-proof", vkey)
        folder, vkey = ROOT / "tests/data/medicine-2026", (ROOT / "keys/medicine-2026.vkey").read_text().strip()
        policy = (line.split() for line in (ROOT / "keys/medicine-2026.policy").read_text().splitlines())
        witnesses = [words[2] for words in policy if words[0] == "witness"]
        self.assertEqual(len(witnesses), 3)
        self.accepts("log", folder, vkey, *witnesses)
        self.accepts("receipt", folder / "4.tlog-proof", vkey, *witnesses)

    def test_an_export_that_grew_over_several_tiles(self):
        names = sorted(path.name for path in (LOG.public / "checkpoints").iterdir())
        self.assertEqual(names, sorted(map(str, SIZES)))
        self.assertTrue((LOG.public / "tile/1/000.p/1").is_file())
        self.accepts("log", LOG.public, LOG.vkey)

    def test_receipts_of_every_stage(self):
        for index in (0, 1, 25, 26, 200, 255, 256, SIZE - 1):
            self.accepts("receipt", LOG.receipt(index), LOG.vkey)


class TamperedFolders(Judged):
    def altered(self, path, change):
        """A copy of the folder with one file changed."""
        folder = LOG.copy()
        (folder / path).write_bytes(change((folder / path).read_bytes()))
        return folder

    def test_a_byte_in_an_entry_bundle(self):
        for path in ("tile/entries/000", "tile/entries/001.p/14"):
            flip = self.altered(path, lambda old: old[:100] + b"\0" + old[101:])
            self.rejects("log", flip, {"go": "entry", "aics": f"{path} does not match"})

    def test_a_byte_in_a_tile(self):
        for path in ("tile/0/000", "tile/0/001.p/14", "tile/1/000.p/1"):
            flip = self.altered(path, lambda old: old[:-1] + bytes([old[-1] ^ 1]))
            self.rejects("log", flip, {"go": "tiles: ", "aics": "match"})

    def test_an_entry_dropped_from_its_bundle(self):
        def drop(old):
            kept = tlog.tiles.parse_entry_bundle(old)
            return tlog.tiles.build_entry_bundle(kept[:7] + kept[8:])

        folder = self.altered("tile/entries/000", drop)
        self.rejects("log", folder, {"go": "has 255 entries, not 256", "aics": "tile/entries/000 does not match"})

    def test_an_entry_dropped_and_the_tiles_made_anew(self):
        folder = LOG.copy()
        kept = stage.entries(folder, SIZE)
        stage.rebuild(folder, kept[:7] + kept[8:])
        self.rejects("log", folder, {"go": "no such file", "aics": "is not available"})

    def test_two_entries_exchanged(self):
        folder = LOG.copy()
        kept = stage.entries(folder, SIZE)
        stage.rebuild(folder, [kept[1], kept[0], *kept[2:]])
        self.rejects("log", folder, {"go": "tiles: ", "aics": "do not match the root"})

    def test_a_checkpoint_with_another_root_or_size(self):
        root = (LOG.public / "checkpoint").read_text().split("\n")[2]
        for true, false in ((root, b64_encode(bytes(32))), (f"\n{SIZE}\n", f"\n{SIZE + 1}\n")):
            folder = self.altered("checkpoint", lambda old: old.replace(true.encode(), false.encode()))
            self.rejects("log", folder, {"go": "invalid signature", "aics": "failed verification"})

    def test_a_checkpoint_signed_by_another_key(self):
        other = Ed25519PrivateKey.from_private_bytes(bytes(32))
        root = tlog.MerkleTree(stage.entries(LOG.public, SIZE)).root()
        folder = self.altered("checkpoint", lambda _: LOG.signed(SIZE, root, other))
        self.rejects("log", folder, {"go": "no verifiable signatures", "aics": "no signature from log key"})
        whose = tlog.format_vkey(tlog.vkey_from_ed25519(LOG.origin, other.public_key()))
        self.rejects("log", LOG.public, {"go": "no verifiable signatures", "aics": "no signature from log key"}, vkey=whose)

    def test_a_checkpoint_of_another_log_by_the_same_key(self):
        seed = LOG.key.public_key()
        other = tlog.format_vkey(tlog.vkey_from_ed25519(LOG.origin + "-2", seed))
        self.rejects("log", LOG.public, {"go": "no verifiable signatures", "aics": "origin mismatch"}, vkey=other)

    def test_a_root_that_the_log_signed_though_its_tiles_have_another(self):
        folder = self.altered("checkpoint", lambda _: LOG.signed(SIZE, bytes(32)))
        self.rejects("log", folder, {"go": "tiles: ", "aics": "do not match the root"})

    def test_a_history_that_the_log_itself_rewrote(self):
        """Everything is consistent and signed by the log; only the checkpoints that somebody kept convict it."""
        folder = LOG.copy()
        kept = stage.entries(folder, SIZE)
        kept[20] = kept[20].replace(b"2026", b"2025", 1)
        self.assertNotEqual(kept[20], stage.entries(LOG.public, SIZE)[20])
        root = stage.rebuild(folder, kept)
        (folder / "checkpoint").write_bytes(LOG.signed(SIZE, root))
        (folder / f"checkpoints/{SIZE}").write_bytes(LOG.signed(SIZE, root))
        self.rejects("log", folder, {"go": "checkpoints/200: ", "aics": "checkpoints/200: the log was rewritten since"})
        for size in SIZES[:-1]:
            (folder / f"checkpoints/{size}").unlink()
        self.accepts("log", folder, LOG.vkey)

    def test_a_log_cut_off_below_a_checkpoint_that_was_kept(self):
        folder = LOG.copy()
        (folder / "checkpoint").write_bytes((folder / "checkpoints/200").read_bytes())
        stage.rebuild(folder, stage.entries(LOG.public, SIZE)[:200])
        self.rejects("log", folder, {"go": "checkpoints/256: ", "aics": "of more entries than the log has"})


class TamperedReceipts(Judged):
    def altered(self, change):
        """The receipt of entry 25, with its lines changed."""
        path = LOG.copy() / "25.tlog-proof"
        path.write_text("\n".join(change(LOG.receipt(25).read_text().split("\n"))))
        return path

    def test_a_receipt_for_another_leaf(self):
        other = LOG.receipt(24).read_text().split("\n")
        leaf = self.altered(lambda lines: [lines[0], other[1], *lines[2:]])
        index = self.altered(lambda lines: [*lines[:2], "index 24", *lines[3:]])
        for path in (leaf, index):
            self.rejects("receipt", path, {"go": "invalid transparency proof", "aics": "not proven"})

    def test_a_stale_proof(self):
        newer = (LOG.public / "checkpoint").read_text()
        path = self.altered(lambda lines: ["\n".join(lines).split("\n\n")[0] + "\n\n" + newer])
        self.rejects("receipt", path, {"go": "invalid transparency proof", "aics": "not proven"})

    def test_a_hash_of_the_proof(self):
        changed = self.altered(lambda lines: [*lines[:3], b64_encode(bytes(32)), *lines[4:]])
        missing = self.altered(lambda lines: [*lines[:3], *lines[4:]])
        added = self.altered(lambda lines: [*lines[:4], *lines[3:]])
        for path in (changed, missing, added):
            self.rejects("receipt", path, {"go": "invalid transparency proof", "aics": "not proven"})

    def test_its_checkpoint_altered(self):
        path = self.altered(lambda lines: ["27" if line == "26" else line for line in lines])
        self.rejects("receipt", path, {"go": "checkpoint: invalid signature", "aics": "failed verification"})

    def test_any_byte_of_it_altered_dropped_or_doubled(self):
        """Every seventh byte but the entry's, which hashes cover: our own check agrees with both."""
        honest = LOG.receipt(25).read_bytes()
        path = LOG.copy() / "25.tlog-proof"
        changes = {
            "altered": lambda byte: bytes([byte ^ 1]),
            "dropped": lambda byte: b"",
            "doubled": lambda byte: bytes([byte, byte]),
        }
        for place in [*range(0, 30, 7), *range(honest.index(b"\nindex "), len(honest), 7)]:
            for name, change in changes.items():
                path.write_bytes(honest[:place] + change(honest[place]) + honest[place + 1 :])
                with self.subTest(place=place, change=name):
                    with redirect_stdout(io.StringIO()) as words:
                        code = aics_check.main(["receipt", str(path), LOG.vkey])
                    self.assertEqual(code, 1, words.getvalue())
                    self.assertEqual(judge("go", "receipt", path, LOG.vkey)[0], 1)
                    self.assertEqual(stage.run(stage.QUORATE, "check", str(path), "--log-key", LOG.vkey).returncode, 1)


class Cosigned(Judged):
    def test_a_witness_that_is_not_ours_cosigns_our_checkpoints_and_no_rewritten_one(self):
        home = LOG.home / "witness"
        with stage.witness(home, "wit.example/w1", LOG.origin, LOG.vkey) as (url, vkey):
            with WitnessClient(url, vkey) as client:
                tiles = tlog.FileSystemTileReader(LOG.public)
                for size in SIZES:
                    note = (LOG.public / f"checkpoints/{size}").read_bytes()
                    proof = lambda old, new: tlog.consistency_proof_from_tiles(tiles, old, new, tile_size=SIZE)
                    line = client.submit(note, proof)
                cosigned = merge_cosignatures(note, line)
                forged = LOG.signed(SIZE + 1, bytes(32))
                with self.assertRaises(WitnessRejected):
                    client.submit(forged, lambda old, new: [bytes(32)])

        folder = LOG.copy()
        (folder / "checkpoint").write_bytes(cosigned)
        self.accepts("log", folder, LOG.vkey, vkey)
        self.accepts("log", folder, LOG.vkey)

        stranger = tlog.format_vkey(tlog.cosignature_vkey("wit.example/w2", LOG.key.public_key()))
        self.rejects("log", folder, {"go": "wit.example/w2 has not signed it", "aics": "quorum not met"}, vkey, stranger)
        self.rejects("log", LOG.public, {"go": "has not signed it", "aics": "quorum not met"}, vkey)

        note = tlog.parse_note(cosigned)
        later = [
            tlog.SignatureLine(line.name, line.key_id, b"\0" * 8 + line.signature[8:]) if line.name != LOG.origin else line
            for line in note.signatures
        ]
        (folder / "checkpoint").write_bytes(tlog.Note(note.text, tuple(later)).to_bytes())
        self.rejects("log", folder, {"go": "invalid signature", "aics": "cosignature from"}, vkey)

    def test_two_lines_of_one_witness(self):
        """Go reads the first and skips the other; aics-tlog rejects both where it knows the witness."""
        head = tlog.parse_checkpoint(tlog.parse_note((LOG.public / "checkpoint").read_bytes()).text)
        key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        lines = [
            tlog.sign_cosignature(key, "wit.example/w3", time, head.origin, head.size, head.root)[1]
            for time in (1_780_000_000, 1_790_000_000)
        ]
        vkey = tlog.format_vkey(tlog.cosignature_vkey("wit.example/w3", key.public_key()))
        folder = LOG.copy()
        note = tlog.parse_note((folder / "checkpoint").read_bytes())
        (folder / "checkpoint").write_bytes(tlog.Note(note.text, (*note.signatures, *lines)).to_bytes())
        self.accepts("log", folder, LOG.vkey)
        self.assertEqual(judge("go", "log", folder, LOG.vkey, vkey)[0], 0)
        self.rejects("log", folder, {"aics": "duplicate signature line"}, vkey)


class Signatures(unittest.TestCase):
    def verify(self, folder, who, statement, signature):
        path = LOG.home / "statement.sig"
        path.write_text(signature)
        verify = ["ssh-keygen", "-Y", "verify", "-n", "quorate/statement/v1", "-I", who, "-s", str(path)]
        return stage.run(*verify, "-f", str(folder / "allowed_signers"), stdin=statement)

    def test_ssh_keygen_takes_every_signature_of_every_entry_and_none_over_another_text(self):
        accepted = 0
        for index, entry in enumerate(stage.entries(LOG.public, SIZE)[:40]):
            envelope = stage.envelope(entry)
            for signature in envelope["signatures"]:
                with self.subTest(entry=index):
                    path = LOG.home / "statement.sig"
                    path.write_text(signature["sig"])
                    find = ["ssh-keygen", "-Y", "find-principals", "-s", str(path)]
                    found = stage.run(*find, "-f", str(LOG.public / "allowed_signers")).stdout.split("\n")
                    done = self.verify(LOG.public, found[0], envelope["statement"], signature["sig"])
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn(signature["key"], done.stdout)
                    other = self.verify(LOG.public, found[0], envelope["statement"] + " ", signature["sig"])
                    self.assertNotEqual(other.returncode, 0)
                    accepted += 1
        # The demo has 47 signatures in its 34 entries; what follows are reaffirmations by four officers.
        self.assertEqual(accepted, 47 + 6 * 4)


if __name__ == "__main__":
    unittest.main()

"""A witness that is not ours cosigns for our log by an agreement's policy, and a client that is not ours is served by
our witness: `tests/interop/run`."""

import json
import shutil
import unittest
from pathlib import Path

import aics_tlog as tlog
from aics_witness.feeder import WitnessClient, WitnessRejected, merge_cosignatures

import stage
from stage import TOOLS, judge


class Witnessed(unittest.TestCase):
    def setUp(self):
        self.log = stage.Live()
        self.addCleanup(self.log.temporary.cleanup)

    def accepted(self, folder, *witnesses):
        for tool in TOOLS:
            with self.subTest(tool=tool):
                code, words = judge(tool, "log", folder, self.log.vkey, *witnesses)
                self.assertEqual(code, 0, words)

    def test_a_witness_that_is_not_ours_cosigns_by_the_agreements_policy(self):
        log, home = self.log, self.log.home
        with stage.witness(home / "witness", "wit.example/w1", log.origin, log.vkey) as (url, vkey):
            log.open(f"witness w1 {vkey} {url}\nquorum w1\n")
            answers = [json.loads(log.quorate("cosign", "--json"))]
            shutil.copytree(log.data, home / "copy")
            # Of four entries after one the witness takes nothing without a proof.
            log.reaffirm("one", "two", "three")
            answers.append(json.loads(log.quorate("cosign", "--json")))
            self.assertEqual([(it["quorum"], it["head"]["size"]) for it in answers], [(True, 1), (True, 4)])
            log.quorate("export", "public", "--cosigned")
            self.accepted(log.public, vkey)

            report = json.loads(log.quorate("audit", "public", "--json"))
            times = report["times"]
            bounded = [times[name] for name in ("witnesses", "cosigned-by", "first", "end")]
            self.assertEqual(bounded, [1, 1, 1, 4])
            self.assertEqual(times["between"]["entries"], 3)
            self.assertIsNotNone(times["newest-at"])

            # Copies of the store go on by themselves, one to fewer entries than the witness has seen, one to more. What
            # it shows under the log's own signature convicts both.
            convicted = {("another",): "newer 4", ("an", "other", "history", "of", "six"): "two-histories 4"}
            for occasions, read_only in convicted.items():
                copy = Path(shutil.copytree(home / "copy", home / f"copy-{len(occasions)}"))
                log.reaffirm(*occasions, data=copy)
                done = log.run("cosign", "--json", data=copy)
                answer = json.loads(done.stdout)
                self.assertEqual((done.returncode, answer["quorum"], answer["read-only"]), (1, False, read_only))

    def test_a_client_that_is_not_ours_is_served_by_our_witness(self):
        log, home, asked = self.log, self.log.home, []

        def proof(old, new):
            asked.append((old, new))
            return tlog.consistency_proof_from_tiles(tlog.FileSystemTileReader(log.public), old, new)

        def head():
            log.quorate("export", "public")
            return (log.public / "checkpoint").read_bytes()

        log.open()
        with stage.own_witness(home / "witness", "wit.example/w2", log.vkey) as (url, vkey):
            with WitnessClient(url, vkey) as client:
                client.submit(head(), proof)
                log.reaffirm("one", "two", "three", "four", "five")
                grown = head()
                cosigned = merge_cosignatures(grown, client.submit(grown, proof))
                self.assertEqual(asked, [(1, 6)])

                # The log signs another history, of the same size and of a greater one, and one without a proof.
                honest = stage.entries(log.public, 6)
                rewritten = tlog.MerkleTree([honest[0], b"rewritten", *honest[2:], b"more"])
                longer = tlog.MerkleTree([*honest, b"more"])
                refused = [
                    (log.signed(6, rewritten.root(6)), rewritten.consistency_proof),
                    (log.signed(7, rewritten.root()), rewritten.consistency_proof),
                    (log.signed(7, longer.root()), lambda old, new: [bytes(32)] * 3),
                ]
                for note, false in refused:
                    with self.assertRaises(WitnessRejected) as told:
                        client.submit(note, false)
                    self.assertEqual(told.exception.status, 422)
                # It stands where it stood.
                client.submit(grown, proof)
            # Whoever knows nothing of it is told where that is (409), and goes on from there.
            with WitnessClient(url, vkey) as stranger:
                stranger.submit(log.signed(7, longer.root()), longer.consistency_proof)

        (log.public / "checkpoint").write_bytes(cosigned)
        self.accepted(log.public, vkey)
        shown = json.loads(stage.run(stage.QUORATE, "--json", "witness", "show", str(home / "witness")).stdout)
        self.assertEqual([(it["head"]["size"], it["forks"]) for it in shown["logs"]], [(7, [6, 7])])


if __name__ == "__main__":
    unittest.main()

"""Checks what `quorate export` and a receipt say with PyPI's aics-tlog, as tests/interop/go does with the Go toolchain.

    aics_check.py log FOLDER VKEY [WITNESS-VKEY…]
    aics_check.py receipt FILE VKEY [WITNESS-VKEY…]

What is here only reads files and C2SP's framing of a receipt; every signature, hash and proof is judged by aics-tlog.
Exit code 0: it holds; 1: it does not, or cannot be read; 2: wrong usage.
"""

import sys
from pathlib import Path

import aics_tlog as tlog
from aics_tlog.note import b64_decode


class Rejected(Exception):
    """What does not hold, in words."""


def opened(text, keys):
    """A checkpoint that the log and all named witnesses have signed."""
    log, *witnesses = map(tlog.parse_vkey, keys)
    verified = tlog.verify_checkpoint(
        tlog.parse_note(text), log, witnesses, len(witnesses), expected_origin=log.name
    )
    if not verified.ok:
        raise Rejected(f"checkpoint: {verified.error}")
    return verified


def check_log(folder, keys):
    """A whole folder: its checkpoint, every tile, every entry, one proof an entry, and older checkpoints."""
    head = opened((folder / "checkpoint").read_bytes(), keys)
    by = " and ".join([head.origin, *head.witnesses])
    print(f"checkpoint   {head.size} entries, root {tlog.note.b64_encode(head.root)}, signed by {by}")

    files = tlog.FileSystemTileReader(folder)
    tiles = tlog.audit_tiles(files, head.size, head.root)
    print(f"tiles        {tiles.tiles} proven to be in the tree")

    # The entries, hashed anew into a tree that knows nothing of the tiles, and into tiles that must be the same files.
    proven = tlog.VerifiedTileReader(files, head.size, head.root)
    entries = [proven.entry(index) for index in range(head.size)]
    tree = tlog.MerkleTree(entries)
    if tree.root() != head.root:
        raise Rejected("the entries hash to another root than the checkpoint's")
    for path, data in tlog.TileWriter(entries).materialise().items():
        if (folder / path).read_bytes() != data:
            raise Rejected(f"{path} is not what the entries make")
    for index, entry in enumerate(entries):
        proof = tlog.inclusion_proof_from_tiles(proven, index, head.size)
        if not tlog.verify_leaf_inclusion(entry, index, head.size, proof, head.root):
            raise Rejected(f"entry {index} is not in the tree")
    print(f"entries      {head.size} hashed anew, each proven to be in the tree")

    paths = sorted(folder.glob("checkpoints/*"))
    for path in paths:
        old = opened(path.read_bytes(), keys[:1])
        if str(old.size) != path.name:
            raise Rejected(f"{path} is of {old.size} entries")
        if old.size > head.size:
            raise Rejected(f"{path} is of more entries than the log has")
        proof = tlog.consistency_proof_from_tiles(proven, old.size, head.size)
        if not tlog.verify_consistency(old.size, head.size, old.root, head.root, proof):
            raise Rejected(f"{path}: the log was rewritten since")
    print(f"checkpoints  {len(paths)}, the log only grew since each")


def check_receipt(path, keys):
    """A C2SP tlog-proof whose `extra` is the entry itself."""
    head, separator, checkpoint = path.read_text().partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 3:
        raise Rejected("not a tlog-proof with an entry in it")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise Rejected("not a tlog-proof with an entry in it")
    entry = b64_decode(lines[1].removeprefix("extra "))
    index = int(lines[2].removeprefix("index "))
    proof = [b64_decode(line) for line in lines[3:]]
    tree = opened(checkpoint, keys)
    if not tlog.verify_leaf_inclusion(entry, index, tree.size, proof, tree.root):
        raise Rejected("the entry is not proven to be in the tree")
    by = " and ".join([tree.origin, *tree.witnesses])
    print(f"receipt      entry {index} of {tree.size}, {len(entry)} bytes, signed by {by}")


def main(arguments):
    checks = {"log": check_log, "receipt": check_receipt}
    if len(arguments) < 3 or arguments[0] not in checks:
        print("usage: aics_check.py log FOLDER VKEY [WITNESS-VKEY…] | receipt FILE VKEY [WITNESS-VKEY…]", file=sys.stderr)
        return 2
    try:
        checks[arguments[0]](Path(arguments[1]), arguments[2:])
    except (Rejected, ValueError, OSError) as error:
        print(f"REJECTED: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

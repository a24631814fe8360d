#!/usr/bin/env python3
"""Reads an op log, a `*.linework` file, and checks that it is what was stored: docs/oplog.md in a hundred lines.

    python3 read_log.py plan.linework             checks the chain, says what happened
    python3 read_log.py plan.linework --quiet     only checks
    python3 read_log.py plan.linework --blobs     checks blobs and checkpoints too (slow: the hash is plain Python)

Needs Python alone. Exit status: 0 if all is well, 1 if the log is damaged or was changed, 2 if it is no op log.
"""

import argparse
import sqlite3
import sys
from datetime import datetime, timezone
from pathlib import Path

import messagepack
from blake3_plain import blake3

try:
    import fcntl
except ImportError:  # Windows, where the second file alone says it
    fcntl = None

APPLICATION_ID = 0x4C4E574B  # "LNWK"
FORMAT_VERSION = 1
PAYLOAD_VERSION = 1


class NotALog(Exception):
    """The file is something else, or of a later version."""


class Damaged(Exception):
    """The log is not what was stored."""


def is_live(path):
    """Whether a program appends to it: then its newest entries are in a second file, and both are that program's."""
    if path.with_name(path.name + "-wal").exists():
        return True
    lock = path.with_name(path.name + "-lock")
    if fcntl is None or not lock.exists():
        return False
    with lock.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def open_log(path):
    """Opens the file for reading, and makes sure that it is a saved log."""
    if not path.is_file():
        raise NotALog(f"there is no file {path}")
    if is_live(path):
        raise NotALog(f"{path} is in use: save a copy with `linework log {path} --save COPY.linework`")
    log = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        application_id, = log.execute("PRAGMA application_id").fetchone()
        version, = log.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise NotALog(f"{path} is no op log: {error}") from error
    if application_id != APPLICATION_ID:
        raise NotALog(f"{path} is a database of another program")
    if version != FORMAT_VERSION:
        raise NotALog(f"{path} is of version {version}; this program reads version {FORMAT_VERSION}")
    return log


def entries(log):
    """Each entry in order, once it is known to follow on the one before: (seq, time_ms, author, kind, payload)."""
    head, expected = bytes(32), 1
    rows = log.execute("SELECT seq, hash, time_ms, author, kind, payload FROM entry ORDER BY seq")
    for seq, stored, time_ms, author, kind, payload in rows:
        if seq != expected:
            raise Damaged(f"entry {expected} is missing")
        # The whole chain is this one line: each hash covers the one before, and so everything before.
        head = blake3(head + seq.to_bytes(8, "little") + payload)
        if head != stored:
            raise Damaged(f"entry {seq} is not what was stored")
        yield seq, time_ms, author, kind, payload
        expected += 1


def event_of(seq, payload):
    """What a payload says: the kind of the event, and its fields."""
    if payload[:1] != bytes([PAYLOAD_VERSION]):
        raise Damaged(f"entry {seq} is of a version that this program doesn't know")
    try:
        entry = messagepack.read(payload[1:])
    except ValueError as error:
        raise Damaged(f"entry {seq} can't be read: {error}") from error
    # An enum is a map with one key, its kind; this is so everywhere on the wire and in the log.
    (kind, fields), = entry["event"].items()
    return kind, fields


def in_words(kind, fields):
    """A few words for a line of the list."""
    if kind == "edited":
        return op_in_words(fields["op"])
    if kind in ("locked", "unlocked"):
        return f"{len(fields['ids'])} records" if "ids" in fields else ""
    if kind == "joined":
        return f"as {fields['role']}"
    if kind == "gone":
        return fields["why"]
    return fields.get("title", "")


def op_in_words(op):
    (kind, of), = op.items()
    if kind == "Batch":
        return ", ".join(op_in_words(each) for each in of)
    if kind in ("New", "Change"):
        return f"{kind} {', '.join(record_in_words(record) for record in of[:5])}{', ...' if len(of) > 5 else ''}"
    if kind == "Translate":
        return f"Translate {len(of['ids'])} by {of['by']['x']}, {of['by']['y']}"
    return f"{kind} {len(of)}"


def record_in_words(record):
    (kind, fields), = record.items()
    if kind != "Entity":
        return f"{kind} {fields.get('name', fields['id'])!r}"
    (shape, _), = fields["shape"].items()
    return f"{shape} {fields['id']}"


def check_contents(log):
    """Every blob and every checkpoint has the hash that it is kept under."""
    checked = 0
    for named, content in [*log.execute("SELECT hash, content FROM blob")]:
        if blake3(content) != named:
            raise Damaged(f"the blob {named.hex()} is not what was stored")
        checked += 1
    for seq, state_hash, state in [*log.execute("SELECT seq, state_hash, state FROM checkpoint")]:
        if blake3(state) != state_hash:
            raise Damaged(f"the checkpoint at entry {seq} is not what was stored")
        checked += 1
    return checked


def main():
    parser = argparse.ArgumentParser(description="Reads an op log and checks its hash chain.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--quiet", action="store_true", help="only check")
    parser.add_argument("--blobs", action="store_true", help="check blobs and checkpoints too")
    arguments = parser.parse_args()
    try:
        log = open_log(arguments.file)
        count = 0
        for seq, time_ms, author, kind, payload in entries(log):
            event, fields = event_of(seq, payload)
            count = seq
            if not arguments.quiet:
                when = datetime.fromtimestamp(time_ms / 1000, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
                print(f"{seq:6}  {when}  {author:12}  {kind:10}  {in_words(event, fields)}".rstrip())
        said = f"{count} entries, each follows on the one before"
        if arguments.blobs:
            said += f"; {check_contents(log)} blobs and checkpoints are what was stored"
        print(said)
    except NotALog as error:
        print(f"read_log: {error}", file=sys.stderr)
        return 2
    except (Damaged, sqlite3.DatabaseError) as error:
        print(f"read_log: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

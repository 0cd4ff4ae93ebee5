#!/usr/bin/env python3
"""Second verifier of the audit log, written from docs/formats.md alone: Python's standard library and the openssl command.

usage: verify.py --key public.pem --origin NAME [--from INDEX] [--checkpoint FILE] FOLDER...

Prints one JSON object a folder: {"folder", "records", "size", "damage": null | {"kind", "index"}}.
Exit status: 0 if all folders are sound, 1 if one is damaged, 2 for a wrong call.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

COLUMNS = "eventId,ts,ownerId,category,act,result,code,target,requestId,keys,meta,w,seq".split(",")
FILES = ["records.csv", "records.jsonl", "segments.jsonl"]
ZEROS = "0" * 64
HEX = re.compile(r"[0-9a-f]{64}\Z")
NOTE = re.compile(
    r"([^\s+]+)\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\ntime ([0-9TZ:.-]{24})\n"
    r"previous ([0-9a-f]{64})\nheads ([0-9a-f]{64})\n\n— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\n\Z"
)


class Damage(Exception):
    def __init__(self, kind, index):
        super().__init__(kind)
        self.kind, self.index = kind, index


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(line):
    return sha256(b"\x00" + line)


def append(frontier, size, leaves):
    """Frontier of the log after these leaves: roots of complete subtrees, largest first."""
    frontier = list(frontier)
    for node in leaves:
        rest = size
        while rest & 1:
            node = sha256(b"\x01" + frontier.pop() + node)
            rest >>= 1
        frontier.append(node)
        size += 1
    return frontier


def root(frontier):
    if not frontier:
        return sha256(b"")
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = sha256(b"\x01" + left + node)
    return node


class Key:
    def __init__(self, path, origin):
        self.path, self.origin = path, origin
        command = ["openssl", "pkey", "-pubin", "-in", path, "-outform", "DER"]
        self.id = sha256(subprocess.run(command, check=True, capture_output=True).stdout)[:4]
        self.known = {}

    def verifies(self, text, signature):
        known = self.known.get((text, signature))
        if known is None:
            with tempfile.NamedTemporaryFile() as file:
                file.write(signature)
                file.flush()
                command = ["openssl", "dgst", "-sha256", "-verify", self.path, "-signature", file.name]
                known = subprocess.run(command, input=text, capture_output=True).returncode == 0
            self.known[(text, signature)] = known
        return known

    def open(self, note):
        """(size, root, time, previous) of a checkpoint, or None."""
        match = NOTE.match(note)
        if not match:
            return None
        origin, size, digest, time, previous, _, name, value = match.groups()
        if origin != self.origin or name != self.origin:
            return None
        try:
            signed = base64.b64decode(value, validate=True)
        except ValueError:
            return None
        text = note[: note.rindex("\n\n") + 1].encode()
        if signed[:4] != self.id or not self.verifies(text, signed[4:]):
            return None
        return int(size), base64.b64decode(digest), time, previous


def is_integer(value, least):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_hashes(value):
    return isinstance(value, list) and all(isinstance(each, str) and HEX.match(each) for each in value)


def parse_segment(text):
    try:
        segment = json.loads(text)
    except ValueError:
        return None
    if not isinstance(segment, dict):
        return None
    if set(segment) != {"format", "first", "count", "frontier", "leaves", "checkpoint"}:
        return None
    sound = (
        segment["format"] == 1
        and is_integer(segment["first"], 0)
        and is_integer(segment["count"], 1)
        and is_hashes(segment["frontier"])
        and is_hashes(segment["leaves"])
        and isinstance(segment["checkpoint"], str)
    )
    return segment if sound else None


def parse_record(line):
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or record.get("fmt") != 2:
        return None
    sound = (
        isinstance(record.get("eventId"), str)
        and isinstance(record.get("ts"), str)
        and isinstance(record.get("w"), str)
        and record["w"] != ""
        and is_integer(record.get("seq"), 1)
        and isinstance(record.get("prev"), str)
        and HEX.match(record["prev"])
    )
    return record if sound else None


class Log:
    def __init__(self, key, start):
        self.key, self.start, self.size = key, start, start
        self.frontier = [] if start == 0 else None
        self.note = None
        self.notes = set()
        self.heads = {}
        self.records = 0

    def add_segment(self, segment, hashes):
        if segment is None or segment["count"] != len(segment["leaves"]):
            raise Damage("segment_malformed", self.size)
        first = segment["first"]
        if first < self.size:
            raise Damage("segment_repeated", first)
        if first > self.size:
            raise Damage("segment_missing", self.size)
        checkpoint = self.key.open(segment["checkpoint"])
        if checkpoint is None:
            raise Damage("checkpoint_invalid", first)
        size, digest, _, previous = checkpoint
        if size != first + segment["count"]:
            raise Damage("checkpoint_replayed", first)
        if self.note is not None:
            due = hashlib.sha256(self.note.encode()).hexdigest()
        else:
            due = ZEROS if self.start == 0 else previous
        if previous != due:
            raise Damage("checkpoint_replaced", first)
        stated = [bytes.fromhex(each) for each in segment["frontier"]]
        before = stated if self.frontier is None else self.frontier
        if self.frontier is None and len(stated) != bin(first).count("1"):
            raise Damage("tree_changed", first)
        after = append(before, first, [bytes.fromhex(leaf) for leaf in segment["leaves"]])
        if root(after) != digest:
            found = hashes[: segment["count"]]
            only_tree = root(append(before, first, found)) == digest
            raise Damage("tree_changed" if only_tree else "history_rewritten", first)
        if stated != before:
            raise Damage("tree_changed", first)
        self.frontier, self.size, self.note = after, size, segment["checkpoint"]
        self.notes.add(self.note)

    def compare(self, hashes, leaves, first):
        at = {}
        for position, leaf in enumerate(leaves):
            at.setdefault(leaf, position)
        for n in range(max(len(hashes), len(leaves))):
            found = hashes[n] if n < len(hashes) else None
            leaf = leaves[n] if n < len(leaves) else None
            if found == leaf:
                continue
            later = leaf is not None and leaf in hashes[n + 1 :]
            if found is None:
                kind = "record_missing"
            elif found in at:
                kind = "record_repeated" if at[found] < n else "records_reordered" if later else "record_missing"
            else:
                kind = "record_inserted" if later or leaf is None else "record_changed"
            raise Damage(kind, first + n)

    def check_chain(self, lines, hashes, first):
        for n, line in enumerate(lines):
            record = parse_record(line)
            if record is None:
                raise Damage("record_malformed", first + n)
            head = self.heads.get(record["w"])
            if head is None and self.start == 0:
                head = (0, ZEROS)
            if head is not None:
                if record["seq"] <= head[0]:
                    raise Damage("chain_fork", first + n)
                if record["seq"] > head[0] + 1:
                    raise Damage("chain_gap", first + n)
                if record["prev"] != head[1]:
                    raise Damage("chain_broken", first + n)
            self.heads[record["w"]] = (record["seq"], hashes[n].hex())

    def add(self, segments, lines):
        first = self.size
        hashes = [leaf_hash(line) for line in lines]
        for segment in segments:
            self.add_segment(segment, hashes[self.size - first :])
        leaves = [bytes.fromhex(leaf) for segment in segments for leaf in segment["leaves"]]
        self.compare(hashes, leaves, first)
        self.check_chain(lines, hashes, first)
        self.records += len(lines)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def lines_of(data):
    lines = data.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def cell(value):
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        value = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    text = str(value)
    if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text != "":
        text = "'" + text
    if any(each in text for each in ',"\r\n'):
        text = '"' + text.replace('"', '""') + '"'
    return text


def csv_of(records):
    rows = [",".join(COLUMNS)]
    rows += [",".join(cell(record.get(name)) for name in COLUMNS) for record in records]
    return "".join(row + "\r\n" for row in rows).encode()


def check_export(hour, manifest, data, lines, first):
    records = [json.loads(line) for line in lines]
    if data["records.csv"] != csv_of(records):
        raise Damage("csv_changed", first)
    categories = {}
    for record in records:
        categories[record["category"]] = categories.get(record["category"], 0) + 1
    files = {
        name: {"bytes": len(data[name]), "sha256": hashlib.sha256(data[name]).hexdigest()} for name in FILES
    }
    expected = {"hour": hour, "first": first, "count": len(lines), "categories": categories, "files": files}
    days = manifest.get("retention_days")
    sound = (
        set(manifest) == {"format", "retention_days", *expected}
        and manifest["format"] == 1
        and isinstance(days, dict)
        and all(isinstance(each, int) for each in days.values())
    )
    if not sound or {name: manifest[name] for name in expected} != expected:
        raise Damage("manifest_changed", first)


def units_of(folder):
    exports, end = [], None
    root_folder = os.path.join(folder, "exports")
    for hour in sorted(os.listdir(root_folder)) if os.path.isdir(root_folder) else []:
        text = read(os.path.join(root_folder, hour, "manifest.json"))
        if text == b"":
            continue
        data = {name: read(os.path.join(root_folder, hour, name)) for name in FILES}
        segments = [parse_segment(line.decode()) for line in lines_of(data["segments.jsonl"])]
        try:
            manifest = json.loads(text)
        except ValueError:
            manifest = {}
        manifest = manifest if isinstance(manifest, dict) else {}
        begin = next((segment["first"] for segment in segments if segment), None)
        exports.append((begin, hour, manifest, data, segments))
    exports.sort(key=lambda each: (each[0] is None, each[0] or 0))
    for begin, hour, manifest, data, segments in exports:
        for segment in segments:
            if segment:
                end = max(end or 0, segment["first"] + segment["count"])
        yield segments, lines_of(data["records.jsonl"]), (hour, manifest, data)
    log = os.path.join(folder, "log")
    for name in sorted(os.listdir(log)) if os.path.isdir(log) else []:
        match = re.match(r"([0-9]{16})\.segment\.json\Z", name)
        if not match or (end is not None and int(match.group(1)) < end):
            continue
        lines = lines_of(read(os.path.join(log, match.group(1) + ".records.jsonl")))
        yield [parse_segment(read(os.path.join(log, name)).decode())], lines, None


def verify(folder, key, start, held):
    log = Log(key, start)
    try:
        for segments, lines, export in units_of(folder):
            first = log.size
            log.add(segments, lines)
            if export:
                check_export(export[0], export[1], export[2], lines, first)
        if held is not None:
            checkpoint = key.open(held)
            if checkpoint is None:
                raise Damage("checkpoint_invalid", log.size)
            if held not in log.notes:
                kind = "log_truncated" if checkpoint[0] > log.size else "history_rewritten"
                raise Damage(kind, checkpoint[0])
        damage = None
    except Damage as found:
        damage = {"kind": found.kind, "index": found.index}
    return {"folder": folder, "records": log.records, "size": log.size, "damage": damage}


def main():
    parser = argparse.ArgumentParser(description="Verifies exported audit logs: see docs/formats.md.")
    parser.add_argument("--key", required=True)
    parser.add_argument("--origin", required=True)
    parser.add_argument("--from", dest="start", type=int, default=0)
    parser.add_argument("--checkpoint")
    parser.add_argument("folders", nargs="+")
    wanted = parser.parse_args()
    key = Key(wanted.key, wanted.origin)
    held = read(wanted.checkpoint).decode() if wanted.checkpoint else None
    sound = True
    for folder in wanted.folders:
        result = verify(folder, key, wanted.start, held)
        sound = sound and result["damage"] is None
        print(json.dumps(result), flush=True)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())

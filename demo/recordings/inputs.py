"""Inputs of an engine without the differences between two loads of the demo: ids, paths, dates. Pure Python.

Records are identified by their facts, so that recorded ids can be replaced by those of another load.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Keys that belong to this machine, this day or this load; a student is identified by its files.
LOCAL = frozenset({"allowed_roots", "path", "token_cache", "day", "seconds", "row_hash", "meta"})


def keys_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return a key by id for the records in a spec, the same in every load."""
    return {record["id"]: f"record:{_hash(record['facts'])[:24]}" for record in body.get("records", ())}


def fingerprint(body: Mapping[str, Any], run_dir: Path) -> str:
    """Hash a spec's body and its files of rows, the same in every load of the demo."""
    keys = keys_of(body)
    files = {}
    for name in sorted(value for value in body.values() if isinstance(value, str) and value.endswith(".jsonl")):
        lines = (run_dir / name).read_text().splitlines()
        files[name] = sorted(_hash(_plain(json.loads(line), keys)) for line in lines)
    return _hash({"body": _plain(dict(body), keys), "files": files})


def with_keys(text: str, body: Mapping[str, Any]) -> str:
    """Replace ids of records in a text by their keys."""
    keys = keys_of(body)
    return UUID.sub(lambda match: keys.get(match[0], match[0]), text)


def with_ids(text: str, body: Mapping[str, Any]) -> str:
    """Replace keys of records in a text by their ids in this load."""
    ids = {key: record for record, key in keys_of(body).items()}
    return re.sub(r"record:[0-9a-f]{24}", lambda match: ids.get(match[0], match[0]), text)


def _plain(value: object, keys: Mapping[str, str]) -> Any:
    """Strip local values; sort lists of objects by themselves."""
    if isinstance(value, dict):
        # The name of a folder with a path is as local as the path.
        local = LOCAL | {"name"} if "path" in value else LOCAL
        return {name: _plain(part, keys) for name, part in value.items() if name not in local}
    if isinstance(value, list):
        parts = [_plain(part, keys) for part in value]
        return sorted(parts, key=_hash) if any(isinstance(part, dict) for part in parts) else parts
    if isinstance(value, str):
        return UUID.sub(lambda match: keys.get(match[0], "#"), value)
    return value


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

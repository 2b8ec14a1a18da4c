"""Verify an evidence file without a database: its manifest, every hash, and what the hashes inside it prove.

Pure Python. What it cannot know, such as whether the whole was made up, the digest told when the file was made answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from review.spec.prompting import canonical_json
from serving.evidence import audit_checks, layout, safe_zip
from serving.evidence.reader import WHOLE_BYTES, EvidenceCheck, EvidenceReader
from serving.evidence.safe_zip import MOST_BYTES, SafeZip, UnreadableZipError
from web import strict_json


def verify(
    path: Path, *, digest: str = "", known: Mapping[date, str] | None = None, most_bytes: int = MOST_BYTES
) -> EvidenceCheck:
    """Verify an evidence file.

    Args:
        path: The zip.
        digest: As it was told when the file was made; empty to leave that out.
        known: Digests of the audit trail by day that were written down elsewhere.
        most_bytes: What the zip may come to unpacked.

    Raises:
        UnreadableZipError: It is no evidence file, or none that may be opened.
    """
    check = EvidenceCheck()
    with safe_zip.opened(path, most_bytes=most_bytes) as archive:
        evidence = EvidenceReader(archive, check)
        manifest = _manifest(archive)
        evidence.may_withhold = manifest["format"] != layout.FORMAT_WITHOUT_WITHHELD
        _check_files(evidence, manifest, digest)
        _run(evidence, lambda own: _check_facts(own, manifest))
        for part in (_check_task_versions, _check_dataset, _check_rows, _check_registrations):
            _run(evidence, part)
        _run(evidence, lambda own: audit_checks.check(own, known or {}))
    return check


def _run(evidence: EvidenceReader, part: Callable[[EvidenceReader], None]) -> None:
    """Run one check; a part of a shape that no evidence file has is a mismatch, and ends none of the others."""
    try:
        part(evidence)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        evidence.wrong(f"A part is not shaped as evidence is ({type(error).__name__}: {error}).")


def _manifest(archive: SafeZip) -> dict[str, Any]:
    if layout.MANIFEST not in archive.names:
        raise UnreadableZipError(f"There is no {layout.MANIFEST} in it: it is no evidence file.")
    try:
        manifest = strict_json.loads(archive.text(layout.MANIFEST, most_bytes=WHOLE_BYTES))
        if manifest["format"] not in layout.FORMATS:
            known = " and ".join(layout.FORMATS)
            raise UnreadableZipError(f"Its format is '{manifest['format']}'; this program reads {known}.")
        for file in manifest["files"].values():
            str(file["sha256"]), int(file["bytes"])
        str(manifest["digest"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableZipError(f"Its {layout.MANIFEST} cannot be read ({type(error).__name__}).") from None
    return dict(manifest)


def _check_files(evidence: EvidenceReader, manifest: Mapping[str, Any], digest: str) -> None:
    """Hold every file against the manifest, and the zip against there being others."""
    files, names = manifest["files"], evidence.archive.names - {layout.MANIFEST}
    for path in sorted(layout.REQUIRED - files.keys()):
        evidence.wrong(f"{path} is missing, and the manifest does not name it.")
    for path in sorted(files.keys() - names):
        evidence.wrong(f"{path} is missing.")
    for path in sorted(names - files.keys()):
        evidence.wrong(f"{path} was added: the manifest does not name it.")
    hashes = _hashes(evidence, names)
    evidence.check.files = len(hashes)
    for path in sorted(files.keys() & hashes.keys()):
        if hashes[path] != files[path]["sha256"]:
            evidence.wrong(f"{path} was changed: its SHA-256 is {hashes[path]}, not {files[path]['sha256']}.")
        elif evidence.archive.size(path) != files[path]["bytes"]:
            evidence.wrong(f"{path} has {evidence.archive.size(path):,} bytes, not as many as the manifest says.")
    evidence.check.digest = layout.digest_of(hashes)
    if layout.digest_of({path: file["sha256"] for path, file in files.items()}) != manifest["digest"]:
        evidence.wrong("The manifest's digest is not that of the files it names.")
    if digest and evidence.check.digest != digest.strip().lower():
        evidence.wrong(f"The digest of the whole is {evidence.check.digest}, not {digest}: it is another file.")


def _hashes(evidence: EvidenceReader, names: frozenset[str]) -> dict[str, str]:
    """Hash every file; one that cannot be unpacked is a mismatch, and is not read again."""
    hashes: dict[str, str] = {}
    for path in sorted(names):
        try:
            hashes[path] = _sha256(evidence.archive.blocks(path))
        except UnreadableZipError as error:
            evidence.wrong(f"{path} was changed: {error}")
            evidence.archive.leave_out(path)
    return hashes


def _check_facts(evidence: EvidenceReader, manifest: Mapping[str, Any]) -> None:
    """Hold what the manifest says beside its files, which no digest covers, against them."""
    miniature = evidence.value(layout.MINIATURE)
    if miniature is None:
        return
    if (manifest.get("miniature"), manifest.get("slug")) != (miniature["id"], miniature["slug"]):
        evidence.wrong(f"{layout.MANIFEST} names another miniature than {layout.MINIATURE} does.")


def _check_task_versions(evidence: EvidenceReader) -> None:
    for _, row in evidence.rows(layout.TASK_VERSIONS):
        if _sha256_of(row["body"]) != row["content_hash"]:
            evidence.wrong(f"Task version {row['number']} does not have its content hash.")


def _check_dataset(evidence: EvidenceReader) -> None:
    """Redo the dataset's hash from its manifest, and hold it against all who name it."""
    version = evidence.value(layout.VERSION)
    if version is None:
        return
    order = {form: place for place, form in enumerate(("sft", "dpo", "kto", "raw"))}
    splits = {split: place for place, split in enumerate(("train", "validation", "test"))}
    files = [file for file in version["manifest"]["files"] if file.get("container", "jsonl") == "jsonl"]
    files.sort(key=lambda file: (order[file["format"]], splits[file["split"]]))
    found = _sha256_of([[file["format"], file["split"], file["sha256"], file["rows"]] for file in files])
    if found != version["content_hash"]:
        evidence.wrong(f"The dataset's content hash is {found} by its files, not {version['content_hash']}.")
    card, miniature = evidence.value(layout.CARD), evidence.value(layout.MINIATURE)
    for path, told in (
        (layout.CARD, card and card["lineage"]["dataset_version"]["content_hash"]),
        (layout.MINIATURE, miniature and miniature["dataset_content_hash"]),
    ):
        if told is not None and told != version["content_hash"]:
            evidence.wrong(f"{path} names another dataset than {layout.VERSION}.")
    hashed = sum(1 for _ in evidence.rows(layout.ROW_HASHES))
    if version["rows"] is not None and hashed != version["rows"]:
        evidence.wrong(f"{layout.ROW_HASHES} has {hashed:,} rows; the dataset was frozen with {version['rows']:,}.")


def _check_rows(evidence: EvidenceReader) -> None:
    """Where the rows are included, hold their files against the frozen hashes, and every row's hash against a line."""
    version = evidence.value(layout.VERSION)
    included = {path for path in evidence.archive.names if path.startswith(layout.ROWS_FOLDER)}
    if version is None or not included:
        evidence.note("The dataset's rows are not included: their hashes were not redone.")
        return
    frozen = {_rows_path(file): file for file in version["manifest"]["files"] if file.get("container") == "jsonl"}
    now = {_rows_path(file): file for file in version["files_now"]}
    line_hashes: set[bytes] = set()
    for path in sorted(included | now.keys()):
        if path not in included or path not in now or path not in frozen:
            evidence.wrong(f"{path} is {'included and none of the dataset' if path in included else 'missing'}.")
            continue
        _check_rows_file(evidence, path, frozen[path], now[path], line_hashes)
    for number, row in evidence.rows(layout.ROW_HASHES):
        if not row["is_erased"] and bytes.fromhex(row["sha256"]) not in line_hashes:
            evidence.wrong(f"{layout.ROW_HASHES}, line {number}: no row of the files has the hash {row['sha256']}.")


def _check_rows_file(
    evidence: EvidenceReader, path: str, frozen: Mapping[str, Any], now: Mapping[str, Any], line_hashes: set[bytes]
) -> None:
    total = _sha256(evidence.archive.blocks(path))
    if frozen["format"] in ("sft", "raw"):
        line_hashes.update(evidence.archive.line_hashes(path))
    if total == frozen["sha256"]:
        return
    if now["sha256"] != frozen["sha256"] and total == now["sha256"]:
        evidence.note(f"{path} was written anew after people were erased: it no longer has its frozen hash.")
    else:
        evidence.wrong(f"{path} does not have the hash the dataset was frozen with, {frozen['sha256']}.")


def _check_registrations(evidence: EvidenceReader) -> None:
    withheld = 0
    for _, row in evidence.rows(layout.REGISTRATIONS):
        if evidence.is_withheld(row):
            withheld += 1
        elif hashlib.sha256(row["text"].encode()).hexdigest() != row["sha256"]:
            evidence.wrong(f"The registration of the {row['kind']} '{row['name']}' does not have its seal.")
    if withheld:
        evidence.note(
            f"{withheld:,} registrations name other tasks: they are withheld, and only their seals stand here."
        )


def _rows_path(file: Mapping[str, Any]) -> str:
    return f"{layout.ROWS_FOLDER}{file['format']}.{file['split']}.jsonl"


def _sha256(blocks: Iterator[bytes]) -> str:
    total = hashlib.sha256()
    for block in blocks:
        total.update(block)
    return total.hexdigest()


def _sha256_of(value: object) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()

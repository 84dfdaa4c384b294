"""The conformed tree: where its files go, its film file, its receipts, and what an earlier run left there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stemkit import __version__
from stemkit.audio.writer import Chunks
from stemkit.core.errors import Problem, UsageError
from stemkit.core.film import Film, Role
from stemkit.core.profile import Profile
from stemkit.core.steps import step_as_dict
from stemkit.meters._meter import meter_versions
from stemkit.plan.conform import ConformItem
from stemkit.store.facts import FactStore

FILM_FILE = "film.toml"
RECEIPTS = "receipts"
_RECEIPT_SCHEMA = "stemkit/receipt/1"
_HEADER = "# Written by 'stemkit conform', which writes it anew: change the film file that it was made from."

Receipt = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier runs left in a folder.

    Parameters
    ----------
    receipts
        By the output that they speak of.
    """

    folder: Path
    receipts: Mapping[str, Receipt] = field(default_factory=dict)

    def done(
        self, item: ConformItem, source_sha256: str, store: FactStore, metadata: Mapping[str, Any] | None = None
    ) -> Receipt | None:
        """Return the receipt of an item that was done before and lies there unchanged, else `None`."""
        receipt = self.receipts.get(item.output or "")
        if receipt is None or item.output is None or _essence(receipt) != _essence_of(item, source_sha256):
            return None
        if receipt.get("metadata") != metadata:
            return None
        try:
            found = {name: store.sha256_of(self.folder / name) for name in item.written_names}
        except OSError:
            return None
        return receipt if _hashes(receipt) == found else None

    def others(self, items: Iterable[ConformItem]) -> dict[int, dict[str, list[str]]]:
        """Return the outputs of earlier runs, by chapter and role, that are not among some items' outputs."""
        taken = {(item.chapter, item.role) for item in items if item.output is not None}
        found: dict[int, dict[str, list[str]]] = {}
        for _, receipt in sorted(self.receipts.items()):
            chapter, role = receipt.get("chapter"), receipt.get("role")
            names = list(_hashes(receipt))
            is_other = (chapter, role) not in taken and all((self.folder / name).is_file() for name in names)
            if is_other and isinstance(chapter, int) and isinstance(role, str):
                found.setdefault(chapter, {}).setdefault(role, []).extend(names)
        return found

    def refuse_strangers(self, outputs: Iterable[str], sources: Iterable[Path]) -> None:
        """Refuse to write over a source, or over a file that stemkit did not write.

        Raises
        ------
        UsageError
            With every file that is in the way.
        """
        known = {path.resolve() for path in sources}
        taken = [name for name in outputs if (self.folder / name).exists()]
        problems = []
        for name in taken:
            path = self.folder / name
            if path.resolve() in known:
                problems.append(_in_the_way(path, "is a source, and sources are never touched"))
            elif not (self._is_our_film_file(path) if name == FILM_FILE else self._is_ours(name)):
                problems.append(_in_the_way(path, "is there already and was not written by stemkit"))
        if problems:
            raise UsageError(*problems)

    def _is_ours(self, name: str) -> bool:
        own = {written for receipt in self.receipts.values() for written in _hashes(receipt)}
        beside = {beside_name(output) for output in self.receipts}
        return name in own | beside or name.startswith(f"{RECEIPTS}/")

    @staticmethod
    def _is_our_film_file(path: Path) -> bool:
        return path.read_text("utf-8", "replace").startswith(_HEADER)


def _in_the_way(path: Path, why: str) -> Problem:
    return Problem("in_the_way", f"would be overwritten, but it {why}", "choose another folder with -o", str(path))


def look_at(folder: Path) -> Earlier:
    """Read the receipts in a folder; what is no receipt is passed over."""
    receipts = {}
    for path in sorted((folder / RECEIPTS).glob("*.json")):
        try:
            receipt = json.loads(path.read_text("utf-8"))
            if receipt["schema"] == _RECEIPT_SCHEMA:
                receipts[str(receipt["output"]["path"])] = receipt
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    return Earlier(folder, receipts)


def receipt_name(output: str) -> str:
    """Return the name of the receipt of an output.

    Examples
    --------
    >>> receipt_name("ch07/film_ch07_VO.wav")
    'receipts/ch07_film_ch07_VO.wav.json'
    """
    return f"{RECEIPTS}/{output.replace('/', '_')}.json"


def beside_name(output: str) -> str:
    """Return the name of the receipt's copy beside an output."""
    return f"{output}.json"


def _hashes(receipt: Receipt) -> dict[str, str]:
    """Return the SHA-256 of every file that a receipt speaks of, by name."""
    output = receipt.get("output", {})
    return dict(output.get("files") or {str(output.get("path")): str(output.get("sha256"))})


def receipt_of(
    item: ConformItem,
    profile: Profile,
    *,
    source_sha256: str,
    hashes: Mapping[str, str],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    metadata: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what is kept beside a conformed stem: where it comes from, what was done, what it was and is."""
    return {
        "schema": _RECEIPT_SCHEMA,
        **_essence_of(item, source_sha256),
        "profile": {"name": profile.name, "revision": profile.revision},
        "meters": dict(meter_versions()),
        "source": {"path": item.declared_path, "sha256": source_sha256},
        "output": _output_of(item, hashes),
        "metadata": metadata,
        "before": before,
        "after": after,
    }


def _output_of(item: ConformItem, hashes: Mapping[str, str]) -> dict[str, Any]:
    told = {"files": dict(hashes)} if item.files else {"sha256": hashes[str(item.output)]}
    return {"path": item.output, **told}


def _essence_of(item: ConformItem, source_sha256: str) -> dict[str, Any]:
    """Return all that decides about the bytes of an output."""
    return {
        "version": __version__,
        "chapter": item.chapter,
        "role": item.role.value if item.role else None,
        "source_sha256": source_sha256,
        "steps": [step_as_dict(step) for step in item.steps],
        "files": list(item.files),
    }


def key_of(item: ConformItem, source_sha256: str, metadata: Mapping[str, Any] | None, chunks: Chunks) -> str:
    """Return a digest of all that decides about the bytes of an output, headers too."""
    digest = hashlib.sha256(as_bytes({**_essence_of(item, source_sha256), "metadata": metadata}))
    for name, body in chunks:
        digest.update(name + body)
    return digest.hexdigest()[:32]


def _essence(receipt: Receipt) -> dict[str, Any]:
    found = {key: receipt.get(key) for key in ("version", "chapter", "role", "source_sha256", "steps")}
    return {**found, "files": receipt.get("files") or []}


def as_bytes(data: Mapping[str, Any]) -> bytes:
    """Return JSON for people and programs, the same for the same data."""
    return (json.dumps(data, ensure_ascii=True, allow_nan=False, indent=1) + "\n").encode()


def film_file_of(
    film: Film, items: Sequence[ConformItem], others: Mapping[int, Mapping[str, list[str]]] | None = None
) -> bytes | None:
    """Return the film file of the conformed tree: the chapters in hand, their stems declared.

    `None` if the film has no film file.

    Parameters
    ----------
    others
        Stems by chapter and role that an earlier run conformed and this one is not about.
    """
    if film.manifest is None:
        return None
    import tomlkit

    document: Any = tomlkit.parse(film.manifest.read_text("utf-8-sig"))
    head = document["film"]
    head["title"], head["profile"] = film.title, film.profile
    document.pop("inserts", None)  # they are in the sound now
    if film.is_excerpt:
        _keep_in_hand(document, film)
    for chapter in document["chapter"]:
        for key in ("folder", "stems", "reference_mix"):
            chapter.pop(key, None)
        stems = tomlkit.inline_table()
        here = {**(others or {}).get(chapter["number"], {}), **_outputs(items, chapter["number"])}
        for role, outputs in sorted(here.items(), key=lambda one: list(Role).index(Role(one[0]))):
            stems[role] = outputs[0] if len(outputs) == 1 else outputs
        if stems:
            chapter["stems"] = stems
    text = tomlkit.dumps(document)
    return (text if text.startswith(_HEADER) else f"{_HEADER}\n{text}").encode()


def _keep_in_hand(document: Any, film: Film) -> None:
    """Take out what belongs to chapters that are not in hand."""
    numbers = [chapter.number for chapter in film.chapters]
    if film.frame_rate is not None:
        document["film"]["start_timecode"] = film.frame_rate.format_timecode(film.start_frame)
    for table, key, kept in (
        ("chapter", "number", numbers),
        ("boundary", "after", numbers[:-1]),
        ("waiver", "chapter", numbers),
    ):
        entries = document.get(table, [])
        for at in reversed(range(len(entries))):
            if key in entries[at] and entries[at][key] not in kept:
                del entries[at]


def _outputs(items: Iterable[ConformItem], number: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in items:
        if item.chapter == number and item.role is not None and item.output is not None:
            found.setdefault(item.role.value, []).extend(item.written_names)
    return found


def profiles_of(film: Film) -> dict[str, bytes]:
    """Return the film's own profiles, which its conformed tree needs as well."""
    if film.manifest is None:
        return {}
    files = sorted((film.base / "profiles").glob("*.toml"))
    return {f"profiles/{path.name}": path.read_bytes() for path in files}

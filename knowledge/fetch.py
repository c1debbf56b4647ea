"""Addresses in the front matter of library documents in, their files in the data directory out.

Only https and only hosts that config.toml lists, at every step of a redirect; what has not
changed (ETag, Last-Modified) is not sent again. A file that fails is a problem, and the copy
of before stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from knowledge.characters import decoded
from knowledge.errors import DocumentError
from knowledge.settings import FetchSettings
from knowledge.sources import SUFFIXES, TEXT_SUFFIXES, Problem, Source, split_front_matter

if TYPE_CHECKING:
    import httpx

MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
NOT_MODIFIED = 304
OK = 200
TYPES = {
    "application/pdf": ".pdf", "text/html": ".html", "text/plain": ".txt", "text/markdown": ".md",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}  # fmt: skip
BEGINNINGS = {".pdf": b"%PDF-", ".docx": b"PK", ".xlsx": b"PK", ".pptx": b"PK"}


@dataclass(frozen=True)
class Fetched:
    """What is remembered of an address: the file it gave, and by what a change is recognised."""

    file: str
    etag: str | None
    last_modified: str | None


def folder(data_dir: Path) -> Path:
    """Where the fetched files lie: a root of the library like any other."""
    return data_dir / "fetched"


def addresses(sources: Iterable[Source]) -> dict[str, str]:
    """Address -> id of the document whose front matter names it among its `sources`."""
    found: dict[str, str] = {}
    for source in sources:
        if source.path.suffix.lower() not in TEXT_SUFFIXES:
            continue
        try:
            front, _ = split_front_matter(decoded(source.path.read_bytes()))
        except (DocumentError, OSError, UnicodeDecodeError):
            continue  # The ingest itself says what is wrong with it.
        for address in front.sources if front else ():
            if address.startswith(("https://", "http://")):
                found.setdefault(address, front.id if front else "")
    return found


def fetch(data_dir: Path, wanted: Mapping[str, str], settings: FetchSettings) -> list[Problem]:
    """Bring the files of all wanted addresses up to date; those of others are taken away."""
    import httpx

    before = _read_state(data_dir)
    problems: list[Problem] = []
    after: dict[str, Fetched] = {}
    target = folder(data_dir)
    target.mkdir(parents=True, exist_ok=True)
    with httpx.Client(timeout=settings.seconds, follow_redirects=False) as client:
        for address, identifier in wanted.items():
            known = before.get(address)
            known = known if known and (target / known.file).exists() else None
            try:
                after[address] = _fetch(client, address, identifier, known, target, settings)
            except (DocumentError, httpx.HTTPError, httpx.InvalidURL) as error:
                kept = " (salinan terdahulu tetap dipakai)" if known else ""
                problems.append(Problem(address, None, f"tidak terunduh: {str(error) or type(error).__name__}{kept}"))
                if known:
                    after[address] = known
    _write_state(data_dir, after)
    mine = {fetched.file for fetched in after.values()}
    for file in target.iterdir():
        if file.name not in mine:
            file.unlink()
    return problems


def _fetch(
    client: httpx.Client, address: str, identifier: str, known: Fetched | None, target: Path, settings: FetchSettings
) -> Fetched:
    headers = {"User-Agent": "KotaCerdas"}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    at = address
    for _ in range(MOST_REDIRECTS + 1):
        _refuse_foreign(at, settings.hosts)
        with client.stream("GET", at, headers=headers) as response:
            if response.status_code in REDIRECTS and "location" in response.headers:
                at = urljoin(at, response.headers["location"])
                continue
            if response.status_code == NOT_MODIFIED and known:
                return known
            if response.status_code != OK:
                raise DocumentError(f"server menjawab {response.status_code}")
            return _save(response, _suffix(at, response), address, identifier, target, settings)
    raise DocumentError(f"lebih dari {MOST_REDIRECTS} pengalihan")


def _refuse_foreign(address: str, hosts: Sequence[str]) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https":
        raise DocumentError(f"{address}: hanya https")
    host = parts.netloc.rpartition("@")[2].lower().removesuffix(":443")
    if "@" in parts.netloc or host not in {name.lower() for name in hosts}:
        raise DocumentError(f"{address}: {host} tidak terdaftar di fetch.hosts")


def _suffix(address: str, response: httpx.Response) -> str:
    """The kind of file, by what the server says, else by the address."""
    declared = TYPES.get(response.headers.get("content-type", "").partition(";")[0].strip().lower())
    suffix = declared or Path(urlsplit(address).path).suffix.lower()
    if suffix not in SUFFIXES:
        raise DocumentError(f"jenis berkas {suffix or 'tidak diketahui'} tidak didukung")
    return suffix


def _save(
    response: httpx.Response, suffix: str, address: str, identifier: str, target: Path, settings: FetchSettings
) -> Fetched:
    """Write the body under the document's id; it takes the place of the old copy only when whole."""
    limit = int(settings.max_megabytes * 1e6)
    if int(response.headers.get("content-length") or 0) > limit:
        raise DocumentError(f"lebih dari {settings.max_megabytes:.0f} MB (fetch.max_megabytes)")
    # Two addresses of one document are two files; the id in front names the regulation.
    name = f"{identifier}-{hashlib.sha256(address.encode()).hexdigest()[:6]}{suffix}"
    partial = target / f".{name}.partial"
    try:
        size = 0
        with partial.open("wb") as file:
            for block in response.iter_bytes():
                size += len(block)
                if size > limit:
                    raise DocumentError(f"lebih dari {settings.max_megabytes:.0f} MB (fetch.max_megabytes)")
                file.write(block)
        beginning = BEGINNINGS.get(suffix, b"")
        with partial.open("rb") as file:
            if file.read(len(beginning)) != beginning:
                raise DocumentError(f"isinya bukan {suffix[1:].upper()}")
        partial.replace(target / name)
    finally:
        partial.unlink(missing_ok=True)
    return Fetched(name, response.headers.get("etag"), response.headers.get("last-modified"))


def _read_state(data_dir: Path) -> dict[str, Fetched]:
    """What earlier runs fetched; an unreadable file only means that all is fetched again."""
    try:
        values = json.loads((data_dir / "fetched.json").read_text(encoding="utf-8"))
        return {address: Fetched(**item) for address, item in values.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_state(data_dir: Path, state: Mapping[str, Fetched]) -> None:
    partial = data_dir / "fetched.json.partial"
    partial.write_text(json.dumps({a: asdict(f) for a, f in state.items()}, indent=1), encoding="utf-8")
    partial.replace(data_dir / "fetched.json")

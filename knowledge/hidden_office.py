"""A DOCX, XLSX or PPTX in, the same file without the text that nobody sees, and what it was."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from knowledge import hidden_sheets, hidden_slides, hidden_word
from knowledge.errors import DocumentError
from knowledge.hidden_html import Unseen, is_worth_telling
from knowledge.office_package import Package

CLEANERS: dict[str, Callable[[Package], Iterator[Unseen]]] = {
    ".docx": hidden_word.clean,
    ".xlsx": hidden_sheets.clean,
    ".pptx": hidden_slides.clean,
}


def clean(path: Path) -> tuple[bytes | None, list[Unseen]]:
    """The file without hidden runs, rows, sheets and slides; None when it can be read as it is.

    Asks for a file that `archive.check_office` has passed. Raises DocumentError for broken XML.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            package = Package({entry.filename: archive.read(entry) for entry in archive.infolist()})
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise DocumentError(f"berkas rusak atau bukan {path.suffix.lstrip('.').upper()}: {error}") from error
    unseen = list(CLEANERS[path.suffix.lower()](package))
    if not package.changed:
        return None, []
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in package.parts.items():
            archive.writestr(name, package.changed.get(name, data))
    return buffer.getvalue(), unseen if is_worth_telling(unseen) else []

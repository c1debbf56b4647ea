"""A page that is only a picture in, its text out: upright, line by line, with how sure it is.

kreuzberg's Tesseract does the reading. Measured on a real scan: kreuzberg's own rendering of a
page with /Rotate stands upside down and its `auto_rotate` ends the process, so pages are drawn
and turned here. Page mode 6 (one block) keeps "(1)" before its paragraph and found
nearly all numbers of four pages, where the automatic mode lost many; mode 1 finds which way is up.
"""

from __future__ import annotations

import io
import os
import re
import statistics
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from kreuzberg import ExtractionResult
    from PIL.Image import Image

LANGUAGE = "ind"
DPI = 200
LONGEST_SIDE = 3600
ONE_BLOCK, AUTOMATIC_WITH_ORIENTATION = 6, 1
DOUBTFUL = 0.75
UNREADABLE = 0.5
FEW_LETTERS = 400
NEEDED = (f"{LANGUAGE}.traineddata", "osd.traineddata")
DATA_FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata",
    "/usr/share/tesseract/tessdata", "/usr/local/share/tessdata", "/opt/homebrew/share/tessdata",
)  # fmt: skip
HOW_TO_INSTALL = "pasang Tesseract (apt-get install tesseract-ocr-ind) lalu ulangi, atau jalankan OCR lebih dahulu"

# The edge of the paper and specks are read as these, at the start of a line or alone on it.
SPECKS = re.compile(r"^[ \t]*(?:[|!_~'`.,:;°»«—–\\/-]{1,3}[ \t]+)*(?:[|!_~'`.,:;°»«\\/]{1,3}$)?|[ \t]+[|]+$", re.M)
BLANK_LINES = re.compile(r"\n{3,}")


class RecognisedPage(BaseModel):
    """The text of a scanned page, and the mean certainty of its words (0 to 1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    confidence: float


def is_installed() -> bool:
    """Whether Tesseract's data for Indonesian and for orientation are on this machine.

    They are looked for in TESSDATA_PREFIX if that is set, else where systems put them.
    """
    named = os.environ.get("TESSDATA_PREFIX")
    folders = [Path(named), Path(named) / "tessdata"] if named else [Path(folder) for folder in DATA_FOLDERS]
    return any(all((folder / name).is_file() for name in NEEDED) for folder in folders)


def recognise(path: Path, number: int) -> RecognisedPage:
    """Read page `number` (from 1) of a PDF; a page that lies on its side or head is turned.

    Of a page with boxes the one block may give nothing but the title: one with few words is read both ways.
    """
    picture = _drawn(path, number)
    upright = _page(_read(picture, ONE_BLOCK))
    is_sparse = len(upright.text) < FEW_LETTERS
    if upright.confidence >= DOUBTFUL and not is_sparse:
        return upright
    as_found = _read(picture, AUTOMATIC_WITH_ORIENTATION)
    turn = _turn(as_found)
    pages = [upright, *([_page(as_found)] if is_sparse or not turn else [])]
    if turn:
        pages.append(_page(_read(picture.rotate(turn, expand=True, fillcolor=255), ONE_BLOCK)))
    return max(pages, key=lambda page: page.confidence)


def _drawn(path: Path, number: int) -> Image:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        page = document[number - 1]
        scale = min(DPI / 72, LONGEST_SIDE / max(1.0, *page.get_size()))
        picture: Image = page.render(scale=scale, grayscale=True).to_pil().convert("L")
    finally:
        document.close()
    return picture


def _read(picture: Image, page_mode: int) -> ExtractionResult:
    import kreuzberg

    settings = kreuzberg.TesseractConfig(
        language=LANGUAGE, psm=page_mode, output_format="text", use_cache=False, enable_table_detection=False
    )
    config = kreuzberg.ExtractionConfig(
        use_cache=False,
        output_format="plain",
        ocr=kreuzberg.OcrConfig(backend="tesseract", language=LANGUAGE, tesseract_config=settings),
    )
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", dpi=(DPI, DPI))
    return kreuzberg.extract_bytes_sync(buffer.getvalue(), "image/png", config=config)


def _page(result: ExtractionResult) -> RecognisedPage:
    words = [(len(word["text"]), word["confidence"]["recognition"]) for word in result.ocr_elements or []]
    letters = sum(length for length, _ in words)
    confidence = sum(length * sure for length, sure in words) / letters if letters else 0.0
    text = BLANK_LINES.sub("\n\n", SPECKS.sub("", result.content)).strip()
    return RecognisedPage(text=text, confidence=round(confidence, 3))


def _turn(result: ExtractionResult) -> int:
    """Degrees (anticlockwise) that make the picture upright, by where the next word stands."""
    boxes = [word["geometry"] for word in result.ocr_elements or []]
    if len(boxes) < 2:
        return 180
    middles = [(box["left"] + box["width"] / 2, box["top"] + box["height"] / 2) for box in boxes]
    steps = [(after[0] - here[0], after[1] - here[1]) for here, after in pairwise(middles)]
    along = statistics.median(x for x, _ in steps)
    down = statistics.median(y for _, y in steps)
    if abs(along) >= abs(down):
        return 0 if along > 0 else 180
    return 90 if down > 0 else 270

"""A PDF in, the same PDF without the text that nobody sees out, and what that text was.

A page is drawn once, small. Text is seen when its place on the drawing shows something other
than its own colour; so white on white, text outside the page, under a box or without ink goes,
white on a dark table head stays, and so does the text layer that OCR laid over a picture.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import DocumentError

if TYPE_CHECKING:
    import numpy as np
    import pypdfium2
    from numpy.typing import NDArray

    Affine = tuple[float, float, float, float, float, float]

IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
# Pixels a point. Pictures are shrunk by leaving pixels out: smoothing took three quarters of the time that
# a scanned page needs; of 69 real ones none lost a letter so (at 0.4 pixels four of a page).
SCALE = 1.0
LONGEST_SIDE = 3000
SMALLEST_POINTS = 2.0
CONTRAST, CLEAR_CONTRAST = 24, 80
TEXT, IMAGE, FORM = 1, 3, 5
INVISIBLE_MODES = {3, 7}
STROKED_MODES = {1, 2, 5, 6}
DEEPEST_FORM = 30
PICTURED = 0.3
DEVICE = 20_000
# A text layer of OCR has points and dashes beside the ink; they are no message.
FEWEST_SIGNS = 12
# How much of what is said instead has to be drawn, of 100; ligatures and hyphens are said otherwise than drawn.
SAME_WORDS, FEWEST_DRAWN = 60, 4


@dataclass(frozen=True)
class SeenPdf:
    """What looking at a PDF told: `hidden` is the unseen text by page (from 1), `kept` the runs of
    it that cannot be taken out of the file and have to go from the text, `pictured` the pages that
    are a picture for the most part, `cleaned` the file without the rest of it (None: as it is)."""

    pages: int
    hidden: dict[int, str]
    kept: dict[int, tuple[str, ...]]
    pictured: frozenset[int]
    cleaned: bytes | None


@dataclass
class _Text:
    """A run of text on a page, with what its visibility depends on."""

    handle: object
    form: object | None
    bounds: tuple[float, float, float, float]
    points: float
    mode: int
    colour: tuple[int, int, int]
    order: int

    @property
    def grey(self) -> int:
        red, green, blue = self.colour
        return (299 * red + 587 * green + 114 * blue) // 1000


@dataclass
class _Page:
    """The runs of text and the pictures of one page, in page coordinates; `opaque` are the pictures that nothing
    shows through, each with its place in the order in which all is drawn."""

    texts: list[_Text] = field(default_factory=list)
    pictures: list[tuple[float, float, float, float]] = field(default_factory=list)
    opaque: list[tuple[int, tuple[float, float, float, float]]] = field(default_factory=list)


def look(path: Path, max_pages: int) -> SeenPdf:
    """Open a PDF, count its pages and take out what is unseen.

    Raises DocumentError for a password, a broken file or more pages than `max_pages`.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise DocumentError("berkas dikunci kata sandi; simpan ulang tanpa kata sandi") from error
        raise DocumentError(f"berkas rusak atau bukan PDF: {error}") from error
    try:
        return _look(document, max_pages)
    finally:
        document.close()


def _look(document: pypdfium2.PdfDocument, max_pages: int) -> SeenPdf:
    import pypdfium2
    import pypdfium2.raw as c

    pages = len(document)
    if pages > max_pages:
        raise DocumentError(f"{pages} halaman, lebih dari batas {max_pages} (library.max_pages)")
    hidden: dict[int, str] = {}
    kept: dict[int, tuple[str, ...]] = {}
    pictured: set[int] = set()
    for number in range(1, pages + 1):
        try:
            page = document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise DocumentError("halaman rusak", page=number) from error
        contents = _contents(page)
        if _covered(contents.pictures, page) >= PICTURED:
            pictured.add(number)
        said = _said_instead(page, contents.texts)
        unseen = _unseen(page, contents, is_picture=number in pictured)
        words = _words(page, unseen)
        if _is_message(words):
            kept[number] = tuple(word for text, word in zip(unseen, words, strict=True) if text.form is not None)
            _take_out(page, unseen)
        else:
            words = []
        if words or said:
            hidden[number] = " ".join(" ".join([*said, *words]).split())
            c.FPDFPage_GenerateContent(page)
        page.close()
    cleaned: bytes | None = None
    if hidden:
        buffer = io.BytesIO()
        document.save(buffer)
        cleaned = buffer.getvalue()
    return SeenPdf(pages, hidden, kept, frozenset(pictured), cleaned)


def _contents(page: pypdfium2.PdfPage) -> _Page:
    import pypdfium2.raw as c

    found = _Page()
    for handle in _children(c.FPDFPage_CountObjects(page), lambda i: c.FPDFPage_GetObject(page, i)):
        _collect(handle, None, IDENTITY, 0, found)
    return found


def _collect(handle: object, form: object | None, above: Affine, depth: int, found: _Page) -> None:
    import pypdfium2.raw as c

    kind = c.FPDFPageObj_GetType(handle)
    if kind == FORM and depth < DEEPEST_FORM:
        inside = _joined(_matrix(handle), above)
        for child in _children(c.FPDFFormObj_CountObjects(handle), lambda i: c.FPDFFormObj_GetObject(handle, i)):
            _collect(child, handle, inside, depth + 1, found)
    elif kind == IMAGE:
        found.pictures.append(_bounds(handle, above))
        if not c.FPDFPageObj_HasTransparency(handle):
            found.opaque.append((len(found.texts), found.pictures[-1]))
    elif kind == TEXT:
        size = ctypes.c_float()
        c.FPDFTextObj_GetFontSize(handle, size)
        a, b, d, e, _, _ = _joined(_matrix(handle), above)
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        c.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha)
        found.texts.append(
            _Text(
                handle,
                form,
                _bounds(handle, above),
                abs(size.value) * abs(a * e - b * d) ** 0.5,
                c.FPDFTextObj_GetTextRenderMode(handle),
                (red.value, green.value, blue.value),
                len(found.texts),
            )
        )


def _children(count: int, child: object) -> Iterator[object]:
    for i in range(count):
        yield child(i)  # type: ignore[operator]


def _matrix(handle: object) -> Affine:
    import pypdfium2.raw as c

    m = c.FS_MATRIX()
    c.FPDFPageObj_GetMatrix(handle, m)
    return m.a, m.b, m.c, m.d, m.e, m.f


def _joined(first: Affine, then: Affine) -> Affine:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _bounds(handle: object, above: Affine) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of an object on the page."""
    import pypdfium2.raw as c

    sides = [ctypes.c_float() for _ in range(4)]
    c.FPDFPageObj_GetBounds(handle, *sides)
    left, bottom, right, top = (side.value for side in sides)
    if above == IDENTITY:
        return left, bottom, right, top
    a, b, d, e, f, g = above
    corners = [(a * x + d * y + f, b * x + e * y + g) for x in (left, right) for y in (bottom, top)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _covered(pictures: list[tuple[float, float, float, float]], page: pypdfium2.PdfPage) -> float:
    """The share of the page that its pictures fill; strips of one scan add up."""
    left, bottom, right, top = page.get_bbox()
    area: float = max(1.0, (right - left) * (top - bottom))
    filled: float = sum(
        max(0.0, min(r, right) - max(x, left)) * max(0.0, min(t, top) - max(y, bottom)) for x, y, r, t in pictures
    )
    return filled / area


def _said_instead(page: pypdfium2.PdfPage, texts: list[_Text]) -> list[str]:
    """What is said instead of other words that are drawn; from then on the page says what it draws."""
    import pypdfium2.raw as c
    from rapidfuzz.fuzz import ratio

    marked = [(said, text) for text in texts if (said := _marked(text))]
    for text in (text for _, text in marked):
        for i in reversed(range(c.FPDFPageObj_CountMarks(text.handle))):
            c.FPDFPageObj_RemoveMark(text.handle, c.FPDFPageObj_GetMark(text.handle, i))
    found: list[str] = []
    for said, group in groupby(marked, key=lambda one: one[0]):
        drawn = "".join(_words(page, [text for _, text in group]))
        letters = [[sign for sign in words.lower() if sign.isalnum()] for words in (said, drawn)]
        if len(letters[0]) >= FEWEST_SIGNS and len(letters[1]) >= FEWEST_DRAWN and ratio(*letters) < SAME_WORDS:
            found.append(said)
    return found


def _marked(text: _Text) -> str:
    """What is said instead of a run of text, "" where nothing is."""
    import pypdfium2.raw as c

    for i in range(c.FPDFPageObj_CountMarks(text.handle)):
        mark, length = c.FPDFPageObj_GetMark(text.handle, i), ctypes.c_ulong()
        asked = (mark, b"ActualText")
        c.FPDFPageObjMark_GetParamStringValue(*asked, None, 0, length)
        buffer = ctypes.create_string_buffer(length.value)
        pointer = ctypes.cast(buffer, ctypes.POINTER(c.FPDF_WCHAR))
        if length.value > 2 and c.FPDFPageObjMark_GetParamStringValue(*asked, pointer, length, length):
            return buffer.raw[:-2].decode("utf-16-le", "replace")
    return ""


def _unseen(page: pypdfium2.PdfPage, contents: _Page, *, is_picture: bool) -> list[_Text]:
    if not contents.texts:
        return []
    scale = min(SCALE, LONGEST_SIDE / max(1.0, *page.get_size()))
    drawing = page.render(scale=scale, grayscale=True, no_smoothimage=True).to_numpy()
    drawing = drawing[..., 0] if drawing.ndim == 3 else drawing
    boxes = _on_drawing(page, [text.bounds for text in contents.texts], drawing.shape)
    under = [] if is_picture else contents.opaque
    unseen = [
        (text, box)
        for text, box in zip(contents.texts, boxes, strict=True)
        if not _is_seen(text, drawing, box, contents.pictures) or _is_under(text, under)
    ]
    if not _is_message(_words(page, [text for text, _ in unseen])):
        return []
    # Two colours of one grey are told apart.
    coloured = page.render(scale=scale, no_smoothimage=True, rev_byteorder=True).to_numpy()[..., :3]
    return [text for text, box in unseen if _is_under(text, under) or not _stands_out(text, coloured, box)]


def _is_message(words: list[str]) -> bool:
    return sum(sign.isalnum() for word in words for sign in word) >= FEWEST_SIGNS


def _is_under(text: _Text, pictures: list[tuple[int, tuple[float, float, float, float]]]) -> bool:
    """Whether a picture was drawn over the whole of a run of text."""
    left, bottom, right, top = text.bounds
    return text.mode not in INVISIBLE_MODES and any(
        order > text.order and a <= left and b <= bottom and c >= right and d >= top for order, (a, b, c, d) in pictures
    )


def _stands_out(text: _Text, drawing: NDArray[np.uint8], box: tuple[int, int, int, int]) -> bool:
    """Whether ink of the text's own colour stands clearly on another one."""
    import numpy as np

    left, top, right, bottom = box
    place = drawing[max(0, top) : max(0, bottom), max(0, left) : max(0, right)].reshape(-1, 3).astype(int)
    if text.points <= SMALLEST_POINTS or text.mode in INVISIBLE_MODES or not place.size:
        return False
    off = np.abs(place - np.array(text.colour)).max(axis=1)
    behind = np.abs(np.median(place, axis=0) - np.array(text.colour)).max()
    return bool(off.min() < CONTRAST and behind >= CLEAR_CONTRAST)


def _is_seen(
    text: _Text,
    drawing: NDArray[np.uint8],
    box: tuple[int, int, int, int],
    pictures: list[tuple[float, float, float, float]],
) -> bool:
    import numpy as np

    if text.points <= SMALLEST_POINTS:
        return False
    left, top, right, bottom = box
    place = drawing[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if place.size == 0 or int(place.max()) - int(place.min()) < CONTRAST:
        return False
    if text.mode in INVISIBLE_MODES:
        x, y = (text.bounds[0] + text.bounds[2]) / 2, (text.bounds[1] + text.bounds[3]) / 2
        return any(a <= x <= c and b <= y <= d for a, b, c, d in pictures)
    if text.mode in STROKED_MODES or text.grey < 128:
        return True
    behind = abs(float(np.median(place)) - text.grey)
    # Light text on other text: what is around it tells what it stands on.
    around = drawing[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2]
    beside = np.concatenate([around[:2].ravel(), around[-2:].ravel(), around[:, :2].ravel(), around[:, -2:].ravel()])
    return behind >= CLEAR_CONTRAST or min(behind, abs(float(np.median(beside)) - text.grey)) >= CONTRAST


def _on_drawing(
    page: pypdfium2.PdfPage, bounds: list[tuple[float, float, float, float]], shape: tuple[int, ...]
) -> list[tuple[int, int, int, int]]:
    """Pixels (left, top, right, bottom) of boxes in page coordinates, whatever the page's rotation and crop."""
    import numpy as np
    import pypdfium2.raw as c

    def device(x: float, y: float) -> tuple[float, float]:
        at_x, at_y = ctypes.c_int(), ctypes.c_int()
        c.FPDF_PageToDevice(page, 0, 0, DEVICE, DEVICE, 0, x, y, at_x, at_y)
        return at_x.value * shape[1] / DEVICE, at_y.value * shape[0] / DEVICE

    (ox, oy), (xx, xy), (yx, yy) = device(0, 0), device(1000, 0), device(0, 1000)
    turn = np.array([[xx - ox, xy - oy], [yx - ox, yy - oy]]) / 1000
    boxes = np.array(bounds)
    first, second = boxes[:, :2] @ turn + (ox, oy), boxes[:, 2:] @ turn + (ox, oy)
    low = np.floor(np.minimum(first, second)).astype(int)
    high = np.maximum(np.ceil(np.maximum(first, second)).astype(int), low + 1)
    return [(int(a[0]), int(a[1]), int(b[0]), int(b[1])) for a, b in zip(low, high, strict=True)]


def _words(page: pypdfium2.PdfPage, texts: list[_Text]) -> list[str]:
    import pypdfium2.raw as c

    if not texts:
        return []
    reader = page.get_textpage()
    words: list[str] = []
    for text in texts:
        length = c.FPDFTextObj_GetText(text.handle, reader, None, 0)
        buffer = ctypes.create_string_buffer(length)
        c.FPDFTextObj_GetText(text.handle, reader, ctypes.cast(buffer, ctypes.POINTER(c.FPDF_WCHAR)), length)
        words.append(buffer.raw[: max(0, length - 2)].decode("utf-16-le", "replace"))
    reader.close()
    return words


def _take_out(page: pypdfium2.PdfPage, texts: list[_Text]) -> None:
    """Remove runs from the page; those inside a form object cannot be (pdfium saves forms unchanged)."""
    import pypdfium2.raw as c

    for text in texts:
        if text.form is None and c.FPDFPage_RemoveObject(page, text.handle):
            c.FPDFPageObj_Destroy(text.handle)

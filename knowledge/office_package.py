"""A DOCX, XLSX or PPTX in, its parts as XML out; and what the three kinds share in telling what nobody sees."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING

from knowledge.errors import DocumentError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    Colour = tuple[int, int, int]

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
# What themes call paper and ink, where nothing says which colour they are.
THEMED = {"bg1": WHITE, "lt1": WHITE, "background1": WHITE, "light1": WHITE}
THEMED |= {"tx1": BLACK, "dk1": BLACK, "text1": BLACK, "dark1": BLACK}
OFF = {"0", "false", "off"}
# Below these nobody reads: points, and how far two colours differ (of 255).
SMALLEST_POINTS, ALIKE = 2.0, 10
HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})")


@dataclass(frozen=True)
class Package:
    """The parts of an office file by name; `changed` are those that are to be written instead."""

    parts: dict[str, bytes]
    changed: dict[str, bytes] = field(default_factory=dict)

    def tree(self, name: str) -> Element | None:
        """A part as XML; no DTD, no entities, nothing from outside. None where there is no such part.

        Raises DocumentError for broken XML.
        """
        from lxml import etree

        if name not in self.parts:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(self.parts[name], parser=parser)
        except etree.XMLSyntaxError as error:
            raise DocumentError(f"berkas rusak: bagian {name} bukan XML yang sah") from error

    def related(self, name: str) -> dict[str, str]:
        """The names of the parts that a part leads to, by the id of the relation."""
        folder, _, own = name.rpartition("/")
        relations = self.tree(f"{folder}/_rels/{own}.rels")
        found: dict[str, str] = {}
        for relation in relations if relations is not None else ():
            path = relation.get("Target") or ""
            steps = [] if path.startswith("/") else folder.split("/")
            for step in path.strip("/").split("/"):
                steps = steps[:-1] if step == ".." else [*steps, step]
            found[relation.get("Id") or ""] = "/".join(steps)
        return found

    def change(self, name: str, root: Element) -> None:
        """Write a part anew."""
        from lxml import etree

        self.changed[name] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def colour(written: str | None) -> Colour | None:
    """A colour of six or eight hexadecimal digits, None for what is none."""
    found = HEXADECIMAL.fullmatch(written or "")
    if not found:
        return None
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue


def alike(text: Colour | None, behind: Colour | None) -> bool:
    """Whether text of one colour is not seen on another; what nobody knows may be seen."""
    if text is None or behind is None:
        return False
    return max(abs(a - b) for a, b in zip(text, behind, strict=True)) <= ALIKE


def number(written: str | None, otherwise: float = 0.0) -> float:
    """A number that an attribute holds; a damaged file may hold anything."""
    try:
        found = float(written or "")
    except ValueError:
        return otherwise
    return found if isfinite(found) else otherwise

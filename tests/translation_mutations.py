"""Ways in which a model gets a translation wrong: each takes an English statement and gives false ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

OPERATORS = {
    "organ": (
        (r"\bregent\b(?!'s)", "governor"), (r"\bgovernor\b", "regent"), (r"\bmayor\b(?!'s)", "regent"),
        (r"\bMinister of Home Affairs\b", "Minister of Finance"), (r"\bminister\b", "president"),
        (r"\bregional government\b", "central government"), (r"\bDPRD\b", "regional secretary"),
        (r"\bregional secretary\b", "head of the planning agency"), (r"\bdata steward\b", "data producer"),
        (r"\bPresident\b", "Minister"), (r"\bhead of the region\b", "minister"), (r"\binspectorate\b", "police"),
        (r"\bBappeda\b", "Diskominfo"), (r"\bMinistry of Finance\b", "Ministry of Home Affairs"),
        (r"\bregional agencies\b", "villages"), (r"\bRegional agencies\b", "Ministries"), (r"\bLKPP\b", "BPK"),
        (r"\bPPID\b", "DPRD"), (r"\bcommunications office\b", "regional secretary"), (r"\bBPS\b", "BSSN"),
        (r"\bregent's regulation\b", "governor's regulation"), (r"\bhead of the subdistrict\b", "head of the village"),
    ),
    "standing": (
        (r"\bis (?:still )?in force\b", "has been repealed"), (r"\bhas been (?:repealed|revoked)\b", "is in force"),
        (r"\bis no longer in force\b", "is still in force"), (r"\bhas been amended\b", "has been repealed"),
        (r"\bis not yet in force\b", "is in force"), (r"\bhas not been repealed\b", "has been repealed"),
        (r"\bdraft (?=regional|Perda|Permendagri|APBD)", ""),
    ),
    "condition": (
        (r",? (?:if|when|unless|where necessary)\b[^,.;]*(?=[.,;])", ""), (r"\bonly ", ""), (r" alone\b", ""),
        (r" (?:before|after)\b[^,.;]*(?=[.,;])", ""), (r" without the consent of its owner", ""),
    ),
    "bound": (
        (r"\bat least\b", "at most"), (r"\bat most\b", "at least"), (r"\bbefore\b", "after"), (r"\bafter\b", "before"),
        (r"\bno later than\b", "no earlier than"), (r"\bless than\b", "more than"), (r"\bMost\b", "All"),
        (r"\bbelow\b", "above"),
    ),
    "duty": (
        (r"\bmust(?! not)\b", "may"), (r"\bmay\b", "must"), (r"\bmust not\b", "may"), (r"\bshould\b", "must"),
        (r"\bis not required\b", "is required"), (r"\bis responsible\b", "is not responsible"),
    ),
    "negation": (
        (r"\bis\b(?! not)(?! still)(?! no)", "is not"), (r"\bare\b(?! not)", "are not"), (r"\bdo not\b", "do"),
        (r"\bdoes not\b", "does"), (r", not [^,.]*", ""),
        (r"\b(reports|adopts|discusses|leads|manages|tests|draws up|evaluates)\b", r"never \1"),
    ),
    "unit": (
        (r"\bmonths\b", "days"), (r"\bhours\b", "days"), (r"\byears\b", "months"), (r"\bpercent\b", "million rupiah"),
        (r"\bevery year\b", "every month"), (r"\b([3-9])\b(?!/)", "12"),
    ),
    "paper": (
        (r"\bAPBD\b", "APBN"), (r"\bRPJMD\b", "RKPD"), (r"\bregional regulation\b", "presidential regulation"),
        (r"\bpresidential regulation\b", "ministerial regulation"),
    ),
    "added": (
        (r"\.$", ", and violators face imprisonment."), (r"\.$", " with written approval of the President."),
        (r"\.$", ", paid for with a foreign grant."),
    ),
}  # fmt: skip


def mutations(english: str) -> Iterator[tuple[str, str]]:
    """False translations with the names of what was done to them."""
    for operator, rules in OPERATORS.items():
        for pattern, instead in rules:
            changed = re.sub(pattern, instead, english, count=1)
            if changed != english:
                yield operator, changed

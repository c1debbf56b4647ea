"""An admin asks which rules the library holds and how they stand to each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.__main__ import main
from knowledge.generation import current, read_manifest


def test_every_regulation_of_the_library_is_listed_once(library_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m knowledge status`: those with relations and what they are, then those without any."""
    assert main(["status", "--data", str(library_data)]) == 0
    joined, _, rest = capsys.readouterr().out.partition("\nTanpa hubungan yang diketahui:\n")
    assert "\nPP 59/2022 [pp-59-2022]: berlaku; sejak 26 Desember 2022\n  " in joined
    assert "\nPP 34/2009 [pp-34-2009]: dicabut; sampai 26 Desember 2022\n  dicabut oleh PP 59/2022\n" in joined
    assert "  UU 27/2022 [uu-27-2022]: berlaku; sejak 17 Oktober 2022\n" in rest
    documents = read_manifest(library_data, current(library_data) or "").documents
    for code in {document.id for document in documents if document.kind == "regulasi"}:
        assert (joined + rest).count(f"[{code}]: ") == 1, code
    assert "panduan-smartcity-2021" not in rest

"""What a file is before it goes in: identity, effects, likeness to what the library holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config import Config
from knowledge import curation
from knowledge.examine import Examined, examine, examine_all
from knowledge.settings import SHIPPED_DOCUMENTS

ADDED = "Bagian ini ditulis sendiri oleh dinas untuk menjelaskan hal yang berbeda di daerahnya. " * 3


@pytest.fixture
def look(tmp_path: Path, config: Config) -> Callable[[str, str | bytes], Examined]:
    """Examines content under a name, beside the shipped library."""

    def examined(name: str, content: str | bytes) -> Examined:
        file = tmp_path / f"acak{Path(name).suffix}"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return examine(file, name, file.name, config)

    return examined


Look = Callable[[str, str | bytes], Examined]


def test_a_raw_regulation_is_read_from_its_text(look: Look, perwali: str) -> None:
    found = look("scan 001.txt", perwali)
    assert (found.id, found.number, found.year) == (
        "perwali-kota-sukamakmur-7-2023",
        "Perwali Kota Sukamakmur 7/2023",
        "2023",
    )
    assert found.title == "Perwali Kota Sukamakmur 7/2023 tentang Penyelenggaraan Kota Cerdas"
    assert found.repeals == ("Perwali Kota Sukamakmur 3/2018",)
    assert found.target == "perwali-kota-sukamakmur-7-2023.txt"
    assert found.preview[0][0] == "Pembukaan"
    assert len(found.preview) == 3


def test_a_shipped_document_is_recognised_whatever_its_name(look: Look) -> None:
    found = look("unduhan (3).md", (SHIPPED_DOCUMENTS / "pp-59-2022.md").read_bytes())
    assert [one.source for one in found.same] == ["pp-59-2022.md"]
    assert found.target == "pp-59-2022.md"
    assert "sudah dipakai" in found.problems[0]


def test_a_changed_copy_is_near_and_another_text_is_not(look: Look, perwali: str) -> None:
    text = (SHIPPED_DOCUMENTS / "quick-win.md").read_text(encoding="utf-8").partition("\n---\n")[2]
    half = "\n## ".join(text.split("\n## ")[:6])
    found = look("salinan.md", f"{half}\n\n## Tambahan\n\n{ADDED}\n")
    assert found.near[0].source == "quick-win.md"
    assert 0.5 <= found.near[0].share < 1
    assert look("perwali.txt", perwali).near == ()


def test_what_it_repeals_in_the_library_becomes_repealed(look: Look) -> None:
    text = (
        "PERATURAN PEMERINTAH REPUBLIK INDONESIA\nNOMOR 88 TAHUN 2027\nTENTANG\nPERKOTAAN BARU\n"
        "DENGAN RAHMAT TUHAN YANG MAHA ESA\n\nPasal 1\nKota baru dibangun dengan data.\n\nPasal 2\nPada saat Peraturan "
        "Pemerintah ini mulai berlaku, Peraturan Pemerintah Nomor 59 Tahun 2022 dicabut dan dinyatakan tidak berlaku.\n"
    )
    assert look("pp.txt", text).becomes == (("PP 59/2022 tentang Perkotaan", "dicabut"),)


def test_the_raw_text_of_a_rule_stands_beside_its_summary(look: Look) -> None:
    text = "PERATURAN PEMERINTAH\nNOMOR 59 TAHUN 2022\nTENTANG\nPERKOTAAN\nDENGAN RAHMAT TUHAN\n\nPasal 1\nKota ialah kota.\n"
    found = look("pp.txt", text)
    assert found.beside == ("PP 59/2022 tentang Perkotaan",)
    assert not found.problems
    assert found.replaces is None


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", "MZ", "tidak didukung"),
        ("a.pdf", "bukan PDF", "rusak"),
        ("a.md", "", "tidak berisi teks"),
        ("a.md", "---\nid: a\n---\n# A", "front matter"),
    ],
)
def test_a_refusal_is_a_value_with_its_reason(look: Look, name: str, content: str, reason: str) -> None:
    found = look(name, content)
    assert reason in str(found.refusal)
    assert found.target == ""


def test_a_zip_is_opened_once_into_a_folder_of_its_own(tmp_path: Path, config: Config, perwali: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("dalam/../../lari.md", "# Lari")
        archive.writestr("peraturan/perwali.txt", perwali)
    file = tmp_path / "acak.zip"
    file.write_bytes(buffer.getvalue())
    first, second = examine_all(file, "kiriman.zip", config)
    assert (first.staged, first.name) == ("acak.isi/perwali.txt", "perwali.txt")
    assert second.refusal == "nama berkas menunjuk ke luar arsip"
    assert not list(tmp_path.parent.glob("**/lari.md"))
    assert len(list(examine_all(file, "kiriman.zip", config))) == 2


def test_notes_beside_the_file_are_followed(tmp_path: Path, config: Config) -> None:
    file = tmp_path / "acak.txt"
    file.write_text("Catatan rapat tentang taman kota dan rencana kerjanya untuk tahun depan.\n")
    curation.write_notes(file, curation.Notes(title="Notulen Taman", number="12/2026"))
    found = examine(file, "notulen.txt", file.name, config)
    assert (found.title, found.number, found.year) == ("Notulen Taman", "12/2026", "2026")

"""Points are read from what models really write, whatever they wrap it in."""

from __future__ import annotations

import json

import pytest

from bot.conversation.model_output import Proposed, points, without_links

TWO = [Proposed("Masterplan berlaku lima tahun.", (1,)), Proposed("Quick win selesai dalam setahun.", (2, 3))]
OBJECTS = [{"text": point.text, "citations": list(point.citations)} for point in TWO]


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"points": OBJECTS}),
        json.dumps(OBJECTS),
        "\n".join(json.dumps(item) for item in OBJECTS),
        f"```json\n{json.dumps({'points': OBJECTS}, indent=2)}\n```",
        f"Berikut jawabannya:\n\n{json.dumps({'jawaban': {'butir': OBJECTS}})}\n\nSemoga membantu.",
        json.dumps({"points": OBJECTS})[:-2],
        json.dumps([{"teks": o["text"], "sumber": o["citations"]} for o in OBJECTS]),
        '[{"text": "Masterplan berlaku lima tahun. [1]"}, {"text": "Quick win selesai dalam setahun.", "sumber": "2 dan 3"}]',
        "- Masterplan berlaku lima tahun. [1]\n- Quick win selesai dalam setahun. [2][3]",
        "1. Masterplan berlaku lima tahun [1].\n2) Quick win selesai dalam setahun [2, 3].\n",
        "## Jawaban\n\n• Masterplan berlaku lima tahun. [1]\n\n**Butir:**\n* Quick win selesai dalam setahun. 【2】【3】\n",
        "<think>\n- Sumber [1] menyebut sepuluh tahun?\n</think>\n- Masterplan berlaku lima tahun. [1]\n- Quick win selesai dalam setahun. [2][3]",
        "Masterplan berlaku lima tahun. [Sumber 1]\nQuick win selesai dalam setahun. [sumber 2, sumber 3]",
    ],
)
def test_finds_the_points(written: str) -> None:
    assert points(written, complete=True) == TWO


@pytest.mark.parametrize(
    "written",
    [
        "",
        "\n\n",
        "{",
        "[]",
        "{}",
        '{"points": []}',
        "```",
        "***",
        "<think>\n- Masterplan berlaku lima tahun. [1]\n",
        '{"points": [{"citations": [1]}]}',
    ],
)
def test_finds_none_where_there_is_none(written: str) -> None:
    assert points(written, complete=True) == []


@pytest.mark.parametrize(
    "form",
    [
        json.dumps({"points": OBJECTS}),
        "- Masterplan berlaku lima tahun. [1]\n- Quick win selesai dalam setahun. [2][3]\n",
    ],
)
def test_a_point_that_was_read_once_does_not_change_any_more(form: str) -> None:
    before: list[Proposed] = []
    for end in range(len(form) + 1):
        now = points(form[:end], complete=False)
        assert now[: len(before)] == before
        before = now
    assert before == TWO


def test_the_number_of_a_paragraph_is_no_citation() -> None:
    assert points("- Menurut Pasal 3 ayat (2) data harus baku. [1]\n", complete=True) == [
        Proposed("Menurut Pasal 3 ayat (2) data harus baku.", (1,))
    ]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Lihat [panduan](https://jahat.example.com/x) ini.", "Lihat panduan ini."),
        ("Data harus baku. ![gambar](https://jahat.example.com/p.png?d=rahasia)", "Data harus baku."),
        ("Data <b>harus</b> baku<img src=x>.", "Data harus baku."),
        ("Daftar di https://jahat.example.com sekarang.", "Daftar di sekarang."),
        ("Buka jahat.co.id/masuk dahulu.", "Buka dahulu."),
        ("Hubungi t.me/jahat segera.", "Hubungi segera."),
        ("Data **harus** `baku`.", "Data harus baku."),
        ("Lihat jdih.go.id untuk naskahnya.", "Lihat jdih.go.id untuk naskahnya."),
        (
            "Permendagri 90/2019 dll. Data 3.5 persen, s.d. 2029.",
            "Permendagri 90/2019 dll. Data 3.5 persen, s.d. 2029.",
        ),
    ],
)
def test_links_and_images_that_no_source_has_are_taken_out(text: str, clean: str) -> None:
    assert without_links(text, "Naskah resmi ada di jdih.go.id.") == clean

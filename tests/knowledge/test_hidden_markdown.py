"""Which words of a Markdown text its reader never sees."""

from __future__ import annotations

import time

import pytest

from knowledge.hidden_markdown import clean

QUESTIONED = "Indeks SPBE daerah ini bernilai lima koma nol."
TEXT = "# Layanan Pengaduan\n\nWarga melapor tiap hari.\n\n{}\n\nLaporan dijawab dalam tiga hari.\n"


@pytest.mark.parametrize(
    "part",
    [
        "[//]: # ({})",
        "[comment]: <> ({})",
        '[a]: https://contoh.invalid "{}"',
        "<p style='display:none'>{}</p>",
        "<div hidden>\n\n<div>Di dalam.</div> {}\n\n</div>",
        '<span style="position:absolute;left:-9999px">{}</span>',
        "<template>{}</template>",
        "<script>/* {} */</script>",
        "<style>.k {{color: #fff}}</style><p class='k'>{}</p>",
        "<div hidden>{}",
    ],
)
def test_drops_what_is_never_shown_and_tells_it(part: str) -> None:
    text, words = clean(TEXT.format(part.format(QUESTIONED)))
    assert QUESTIONED not in text
    assert "Warga melapor tiap hari." in text
    assert "Laporan dijawab dalam tiga hari." in text
    assert any(QUESTIONED in item for item in words)


@pytest.mark.parametrize(
    "part",
    [
        "<!-- tanya: berapa lama? -->",
        "```html\n<p hidden>Contoh dalam kode.</p>\n<!-- juga -->\n```",
        "<details><summary>Info</summary>Isi rincian.</details>",
        "[1]: UU 23/2014 tentang Pemerintahan Daerah",
        "[^1]: Catatan kaki.",
        "Nilai < 5 dan > 3, indeks <b>SPBE</b> 2,6.",
        "<p style='color:#333'>Terbaca.</p>",
    ],
)
def test_leaves_what_is_shown_byte_for_byte(part: str) -> None:
    assert clean(TEXT.format(part)) == (TEXT.format(part), [])


def test_a_comment_that_nothing_closes_is_told() -> None:
    text, words = clean(TEXT.format("<!-- " + QUESTIONED))
    assert QUESTIONED not in text
    assert QUESTIONED in words[0]


def test_thousands_of_elements_that_nothing_closes_end() -> None:
    started = time.process_time()
    clean("<p hidden>\n\n" * 20_000)
    assert time.process_time() - started < 20

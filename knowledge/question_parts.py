"""A question in, the questions that it is made of out: "apa dasar hukumnya dan siapa yang menilai?"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.follow_up import POINTS_BACK, is_follow_up
from knowledge.legal_status import ARTICLE
from knowledge.lexical import tokens

# "dan" joins nouns far more often than questions: each part has to ask or to request something.
ASKS = re.compile(
    r"\b(?:apa(?:kah)?|siapa(?:kah)?|sapa|berapa(?:kah)?|brapa|brp|bagaimana(?:kah)?|gimana|gmn|bgmn|kapan(?:kah)?|kpn|"
    r"(?:di|dari|ke)?\s?mana(?:kah)?|dmn|mengapa|kenapa|(?:boleh|bisa|perlu|harus|wajib|ada|masih|sudah|dapat)kah|"
    r"(?:boleh|bisa|perlu|harus|wajib|ada)\s+(?:tidak|tdk|nggak|ngga|gak?|ndak|dak)|"
    r"(?:di)?(?:jelas|sebut|urai|terang)(?:kan|in)|penjelasan|"
    r"(?:mohon|minta|tolong|butuh|perlu)\s+(?:di)?(?:beri(?:kan)?\s+)?(?:info(?:rmasi)?|arahan|petunjuk|contoh|daftar)(?:nya)?|"
    r"contoh(?=\s+\w{2,}nya\b)|contohnya|"
    r"what|who|whom|how|when|where|why|which|explain|describe|list)\b",
    re.I,
)
ASKS_FIRST = re.compile(
    r"(?:(?:kepada|oleh|untuk|dengan|dalam|sejak|sampai|tentang|pada|by|to|for|since|until)\s+)?(?:"
    + ASKS.pattern
    + r"|(?:is|are|does|do|can|must|should|may)\b)",
    re.I,
)
# With what is counted.
ASKED = re.compile(rf"(?:{ASKS.pattern})(?:\s+(?:lama|kali|persen|banyak|besar)(?:nya)?\b)?", re.I)
JOINT = re.compile(
    r"[?;]\s*|,\s+|(?<=\w{3})\.\s+|\s+(?=(?:dan|serta|lalu|kemudian|terus|trus|trs|sekaligus|and|then|&)\s)", re.I
)
OPENING = re.compile(r"^(?:(?:dan|serta|lalu|kemudian|terus|trus|trs|sekaligus|juga|and|then|also|&)\s+)+", re.I)
DEFINES = re.compile(r"\b(?:itu\s+(?:apa|siapa)|(?:apa|siapa)\s+itu)\b", re.I)
ABBREVIATION = re.compile(r"\b[A-Z][A-Z0-9]+\b")
# "Sehubungan dengan ..., bersama ini kami mohon penjelasan mengenai": behind it stands what a letter asks.
REQUESTS = re.compile(
    r"\b(?:(?:me)?mohon(?:kan)?|meminta|minta|memerlukan|membutuhkan|mengharapkan|menanyakan|bertanya|mengetahui)\b"
    r"(?:\s+(?:kiranya|dapat|bantuan|berkenan|bapak(?:/ibu)?|saudara|untuk|(?:mem|di)berikan|di(?:sampaikan|jelaskan)|adanya))*"
    r"(?:\s+(?:penjelasan|informasi|uraian|arahan|petunjuk|keterangan|penegasan|masukan|klarifikasi|tanggapan))?"
    r"(?:\s+(?:secara\s+)?(?:tertulis|resmi|lebih\s+lanjut|rinci))*"
    r"(?:\s+(?:mengenai|tentang|terkait|perihal|atas|soal|seputar))?\W+",
    re.I,
)
# "Apa beda X dan Y", "X sama Y bedanya apa": what stands between the two, the surer first.
DIFFERS = re.compile(
    r"\b(?:ber)?beda(?:nya|kah)?\b|\b(?:per|mem)beda(?:an|kan)(?:nya)?\b|\bvs\b|\bdifferen\w+|\bdiffers?\b", re.I
)
BETWEEN = (
    re.compile(r"\s+(?:dengan|dgn|(?<!kerja\s)sama|versus|vs\.?|dibanding(?:kan)?(?:\s+dengan)?|from)\s+", re.I),
    re.compile(r"\s+(?:dan|and|&)\s+", re.I),
)
BEFORE_SIDE = re.compile(r"^\W*(?:(?:antara|itu|istilah|apa|between|of|the|a)\s+)+", re.I)
BEHIND_SIDE = re.compile(
    r"\s*(?:[,;:?]|\.\s|\b(?:(?:ber)?beda(?:nya)?|menurut|dalam|pada|bagi|untuk|buat|kalau|kalo|klo|jika|bila|itu|tu|apa\w*|sih|ya|dong|di\s?mana|dmn|"
    r"gimana|gmn|bagaimana|according|under|in|for)\b).*$",
    re.I | re.S,
)
LONGEST_SIDE = 6
# So many words before it are an occasion, fewer behind it are no request.
OCCASION_WORDS = 4
MOST_PARTS = 3
# What has more is a letter, of which the whole says best what it asks.
MOST_PIECES = 16


@dataclass(frozen=True)
class Part:
    """One of the questions of a message; `topic` is the rest of it where the part alone does not name
    what it is about ("siapa yang mengevaluasinya"), else ""."""

    text: str
    topic: str


def request_of(message: str) -> tuple[str, str]:
    """What a letter asks, and the occasion that it names before; the message and "" where it is no letter."""
    for match in REQUESTS.finditer(message):
        occasion, request = message[: match.start()], message[match.end() :]
        if ASKS.search(occasion):
            break
        if len(tokens(occasion)) >= OCCASION_WORDS and not is_follow_up(request):
            return request, occasion
    return message, ""


def parts_of(message: str) -> tuple[Part, ...]:
    """The questions of a message in their order, at most three; none when it asks only one."""
    plain = " ".join(message.split())
    pieces = [piece for piece in JOINT.split(plain) if piece.strip(" .,!?")]
    texts = _joined(pieces) if len(pieces) <= MOST_PIECES else []
    if not 1 < len(texts) <= MOST_PARTS:
        return ()
    found = [Part(text, _topic(i, texts)) for i, text in enumerate(texts)]
    # Where each leans on the other there is one topic, and one question about it.
    return tuple(found) if not all(part.topic for part in found) else ()


def sides_of(message: str) -> tuple[str, str] | None:
    """The two things that a message wants to be told apart; None when it does not, or does not say which."""
    plain = " ".join(message.strip(" .!?").split())
    differs = DIFFERS.search(plain)
    if not differs:
        return None
    behind, before = plain[differs.end() :], plain[: differs.start()]
    # "SPBE vs Pemdi" is told by what stands between the two.
    texts = (plain,) if differs[0].lower() == "vs" else (behind, before)
    return next(filter(None, map(_sides, texts)), None)


def _sides(text: str) -> tuple[str, str] | None:
    for between in BETWEEN:
        first, *_ = pieces = between.split(text)
        sides = [BEHIND_SIDE.sub("", BEFORE_SIDE.sub("", side)).strip() for side in pieces]
        # Of three things ("output, outcome, dan impact") two would say too little.
        if len(sides) == 2 and "," not in first and all(0 < len(tokens(side)) <= LONGEST_SIDE for side in sides):
            return sides[0], sides[1]
        if len(sides) > 1:
            return None
    return None


def _topic(at: int, texts: list[str]) -> str:
    """What a part leans on: the one before, or for the first the one behind."""
    names_one = (
        DEFINES.search(texts[0]) if not at else ABBREVIATION.search(texts[at]) and not POINTS_BACK.search(texts[at])
    )
    if names_one or not is_follow_up(texts[at]):
        return ""
    others = [text for i, text in enumerate(texts) if i != at and not is_follow_up(text)]
    topic = others[0] if others else " ".join(texts[:at])
    # Who has asked what an article says asks next for what it does not say, and "how long" of one thing is not
    # asked of the next.
    return " ".join(ASKED.sub(" ", ARTICLE.sub("", topic)).split())


def _joined(pieces: list[str]) -> list[str]:
    """Pieces that ask, each with those that do not: "fungsi dewan" belongs to "apa tugas" before it,
    "SPBE" to "dasar hukumnya apa" behind it."""
    found: list[str] = []
    waiting = ""
    for i, piece in enumerate(pieces):
        text = f"{waiting} {piece}".strip()
        says_something = bool(tokens(ASKS.sub(" ", OPENING.sub("", text))))
        if ASKS.search(text) and says_something:
            found.append(OPENING.sub("", text))
            waiting = ""
            continue
        behind = pieces[i + 1] if i + 1 < len(pieces) else ""
        if found and not waiting and (not behind or ASKS_FIRST.match(OPENING.sub("", behind))):
            found[-1] = f"{found[-1]} {piece}"
        else:
            waiting = text
    if waiting and found:
        found[-1] = f"{found[-1]} {waiting}"
    return found

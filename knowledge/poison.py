"""A parsed text in, the same text without the sentences that instruct a machine out.

Such a sentence speaks to whoever answers ("abaikan instruksi sebelumnya", "kamu harus selalu
menyebut ..."), where a regulation speaks of third persons ("Sistem wajib ...", "mengabaikan
perintah"). So the patterns want an imperative, a second person or a machine that is addressed;
none rests on a single word. tests/knowledge/attacks.txt holds what they are measured on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.characters import SEAM, without_unseen

LONGEST_SENTENCE = 1200
BORDER = re.compile(
    r"(?<=[.!?;:])[ \t]*\n+\s*|(?<=[.!?;])\s+(?=\S{2})|\n\s*\n\s*|\f+|\n(?=\s*(?:[-*•#|]|\(?\w{1,3}[.)]\s))|-->"
)

# Letters of other alphabets that look like Latin ones.
LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁӏһԛԝзкмтвнгпиαοερντικυχηωβ", "aeopcyxijsdlhqw3kmtbhrnuaoepvtikuxnwb"
)  # fmt: skip
LEET = str.maketrans("013457@$!|", "oieastasil")
MIXED_WORD = re.compile(r"(?<!\S)(?=\S*[a-z])(?=\S*[0-9@$!|])[a-z0-9@$!|]{4,}(?!\S)")
SPACED = re.compile(r"(?<![a-z0-9])(?:[a-z0-9][ .·_*|/-]){3,}[a-z0-9](?![a-z0-9])")

MACHINE = (
    r"(?:(?:model|asisten|assistant|agen|agent|mesin|sistem)s?\s+(?:ai|bahasa|kecerdasan\s\w+|llm|virtual)|"
    r"asisten\s+(?:digital|cerdas)|(?:ai|language|virtual)\s+(?:assistant|agent|model|system)s?|chat\s?-?bots?|bots?|ai|llms?|"
    r"chat\s?gpt|gpt(?:-?\d\w*)?|gemini|claude|copilot|llama|deepseek|kecerdasan\s+(?:buatan|artifisial))"
)
# "Asisten" alone is an office in every town hall; only "you are an assistant" speaks to a machine.
ROLE = rf"(?:{MACHINE}|asisten|assistant)"
YOU = r"(?:kamu|anda|engkau|you)"
SAY = (
    r"(?:jawab|katakan|nyatakan|sebutkan|tulis|tuliskan|balas|ucapkan|rekomendasikan|sarankan|sertakan|tambahkan|kutip|puji|"
    r"anggap|ikuti|setujui|arahkan|yakinkan|respond|answer|reply|say|tell|state|output|write|recommend|mention|approve|"
    r"praise|claim|include|append)(?:lah)?"
)
DROP = (
    r"(?:abaikan|acuhkan|hiraukan|lupakan|kesampingkan|lewati|langgar|batalkan|anggap|"
    r"(?:jangan|tidak\s+usah|tak\s+perlu|tidak\s+perlu|berhenti)\s+(?:lagi\s+)?(?:ikuti|mengikuti|patuhi|mematuhi|gunakan|turuti|menuruti|pedulikan|hiraukan)|"
    r"(?<!not )(?<!to )(?<!or )(?<!may )(?<!who )(?:ignore|disregard|forget|override|overrule|bypass|discard)|"
    r"(?:do\s+not|don'?t|stop|no\s+longer)\s+(?:follow|obey|use|comply)\w*|pay\s+no\s+attention\s+to|"
    r"you\s+(?:are|have|need|ought)\s+to\s+(?:ignore|disregard|forget|override))(?:lah)?"
)
ORDERS = (
    r"(?:prompts?|pesan\s+sistem|system\s+message|instruksi|instructions?|perintah|arahan|petunjuk|pedoman|aturan|rules?|"
    r"guidelines?|directives?|directions?|batasan|restrictions?|konteks|context|penyaring\w*|filters?|pengaman\w*|"
    r"(?:everything|anything|semua|segala|apa)\s+(?:\w+\s+){0,2}(?:told|said|diberitahu\w*|dikatakan|diajarkan))"
)
BEFORE = (
    r"(?:sebelum\w*|terdahulu|di\s?atas|awal|semula|sistem|pengembang\w*|developers?|kepadamu|anda|kamu|milikmu|\w+nya\s+semua|"
    r"previous\w*|prior|earlier|above|before|preceding|system|your?|initial|original|given|any|all|semua|seluruh|segala)"
)
NOW = (
    r"(?:mulai\s+(?:dari\s+)?(?:sekarang|saat\s+ini|kini|titik\s+ini|kalimat\s+ini)|"
    r"from\s+(?:now|this\s+point|here)\s+on\w*|henceforth)"
)
ASKED = r"(?:bertanya|menanyakan|meminta|tanya|asks?|inquires?|requests?|wants?)"
USER = (
    r"(?:pengguna|users?|penanya|seseorang|ada\s+(?:\w+\s+)?yang|anyone|someone|somebody|pembaca|reader|"
    r"pejabat|warga|orang)"
)
OF_ANSWERS = (
    r"(?:setiap|semua|seluruh|every|each|all|your)\s+(?:jawaban|balasan|respons|answers?|repl(?:y|ies)|responses?)"
)

PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # Take back what was ordered before.
        rf"\b{DROP}\b(?=.{{0,100}}\b{BEFORE}\b).{{0,60}}\b{ORDERS}\b",
        # Speak to a machine, or of it as of the reader.
        rf"\b{YOU}\s+(?:\w+\s+){{0,2}}(?:adalah|are|as|sebagai|menjadi|berperan|bertindak)\s+(?:\w+\s+){{0,4}}{ROLE}\b",
        rf"\b{YOU}\s+(?:sekarang|kini|are\s+now)\s+(?:adalah|menjadi|berperan|bertindak|\w+)\b(?!\s+(?:dapat|bisa|able|ready))",
        rf"\b(?:sebagai|as)\s+(?:\w+\s+){{0,2}}{MACHINE}\b.{{0,40}}\b{YOU}\b",
        rf"\b(?:kepada|untuk|bagi|wahai|hai|hei|halo|dear|hey|attention|to|for|catatan|instruksi)\s+(?:\w+\s+){{0,3}}{MACHINE}\b[^.]{{0,40}}[:,!]\s*(?:\w+\s+){{0,3}}{SAY}\b",
        rf"\b(?:instruksi|perintah|pesan|catatan|instructions?|note|message|attention)\s+(?:(?:untuk|bagi|kepada|to|for|the|all|semua|para)\s+){{1,3}}{MACHINE}\b",
        rf"\battention\s+{MACHINE}\b",
        rf"^\W*(?:wahai\s+|hai\s+|hey\s+|dear\s+)?{MACHINE}\s*[,:!]\s*(?=.*\b(?:{SAY}|{NOW}|harus|wajib|must|jangan|selalu|always|never|tolong|please)\b)",
        rf"\bwahai\s+(?:\w+\s+){{0,2}}{MACHINE}\b",
        rf"\b{MACHINE}\s+(?:\w+\s+){{0,2}}(?:reading|membaca)\s+(?:this|these|ini|dokumen|teks|kalimat)\b",
        # Say how answers have to be.
        rf"\b(?:jika|apabila|bila|bilamana|kalau|ketika|saat|setiap\s+kali|whenever|when|if|every\s+time)\b.{{0,30}}\b{USER}\b.{{0,20}}\b{ASKED}\b[^,;:]{{0,80}}[,;:]\s*(?:(?:maka|selalu|always|only|then|hanya|please|tolong|cukup|just)\s+)*{SAY}\b",
        rf"\b{SAY}\b.{{0,60}}\b(?:di|pada|dalam|in|to|at|of|with)\s+(?:(?:the|akhir|awal|end|start|of)\s+){{0,4}}{OF_ANSWERS}",
        rf"\b{NOW}\b.{{0,40}}\b(?:{YOU}|jawabanmu|balasanmu)\b",
        rf"\b{YOU}\s+(?:must|should|will|shall|are\s+to|have\s+to|can\s+only|may\s+only)\s+(?:always\s+|only\s+|never\s+|now\s+){{0,2}}(?:respond|answer|reply|recommend|praise|claim|output|tell\s+the\s+user)\b",
        rf"\b{YOU}\s+(?:harus|wajib|mesti|hanya)\s+(?:boleh\s+|akan\s+)?(?:selalu|hanya|terus)\s+(?:\w+\s+)?(?:menjawab|membalas|merespons|merekomendasikan|memuji|menyarankan|menyebut\w*|mengatakan)\b",
        rf"\b{YOU}\s+(?:answer|respond|reply)\s+only\b",
        r"\b(?:correct|right|benar|tepat)\b.{0,20}\b(?:every|any|semua|setiap|segala)\s+(?:question|pertanyaan)",
        rf"\b{SAY}\b.{{0,30}}\b(?:semua|setiap|every|all|any)\s+(?:pertanyaan|questions?)\s+(?:dengan\s+(?:kata|jawaban)|with)\b",
        # Hide from the reader, or give away what is the machine's or the reader's.
        r"\b(?:jangan|never|do\s+not|don'?t)\s+(?:pernah\s+)?(?:beri\s?tahu\w*|ungkap\w*|sebut\w*|bocorkan|mention|tell|reveal|disclose|inform|show)\b.{0,40}\b(?:pengguna|users?|penanya|pembaca|reader|(?:these|this|hidden)\s+(?:instructions?|text|paragraph|sentence)|(?:instruksi|teks|kalimat|perintah)\s+ini)\b",
        r"\brahasiakan\b.{0,40}\b(?:instruksi|teks|kalimat|perintah|pesan)\s+ini\b",
        r"\b(?:tampilkan|bocorkan|ungkapkan|cetak|tunjukkan|ulangi|salin|reveal|show|print|repeat|output|leak|display|disclose)\b.{0,40}\b(?:system\s+prompts?|prompt\s+sistem|prompt\s?mu|instruksi\s+(?:sistem|awal|tersembunyi|rahasia)|(?:your|hidden|initial|secret)\s+(?:\w+\s+)?(?:instructions?|prompts?|rules)|instructions?\s+you\b)",
        r"\b(?:kirim|kirimkan|teruskan|send|forward|upload|post)\b.{0,60}\b(?:riwayat\s+(?:percakapan|obrolan|chat)|percakapan\s+ini|obrolan\s+ini|conversation|chat\s+history|data\s+pengguna|users?'?s?\s+\w+).{0,60}(?:https?:|@|\bke\b|\bto\b)",
        # Names of the machinery.
        r"<\|[a-z_]{2,20}\|>|\[/?inst\]|<</?sys>>|</?(?:system|context|instructions?|assistant|prompt)>|#{2,}\s*(?:system|instructions?|assistant|instruksi)\s*:",
        r"\b(?:(?:new|updated)\s+(?:system\s+)?(?:instructions?|prompts?)|(?:instruksi|perintah|prompt)\s+(?:sistem\s+)?(?:yang\s+)?(?:baru|terbaru))\s*:",
        r"\b(?:aktifkan|nyalakan|enter|enable|activate|switch\s+to|masuk\s+ke)\s+(?:\w+\s+)?(?:mode\s+(?:pengembang|dewa|bebas|tanpa\s+batas\w*)|(?:developer|dan|god|jailbreak|unrestricted)\s+mode)\b",
        rf"\b(?:pretend|berpura-?\s?pura(?:lah)?)\b.{{0,30}}\b(?:{YOU}|{MACHINE}|jadi|menjadi|sebagai)\b",
        rf"\b(?:bertindak|berperan|berlaku)lah\s+(?:sebagai|seperti|seolah)|^\W*(?:please\s+|now\s+)?(?:act|behave)\s+(?:as|like)\s+(?:an?\s+)?(?:\w+\s+){{0,2}}(?:{MACHINE}|admin\w*|expert|unrestricted)",
        r"\bunrestricted\s+(?:ai|model|assistant)\b|\bjailbreak\b|\bdo\s+anything\s+now\b",
    )
)
SQUEEZED = re.compile(
    r"(?:abaikan|lupakan|hiraukan|ignore|disregard|forget|override).{0,30}(?:instruksi|perintah|arahan|aturan|instruction|prompt|rule)"
)


@dataclass(frozen=True)
class Quarantined:
    """A sentence that was taken out: where it stood in the text before, and its words."""

    start: int
    words: str


def quarantine(text: str) -> tuple[str, list[Quarantined]]:
    """The text with a SEAM (padded to the same length) for each sentence that instructs a machine."""
    found: list[Quarantined] = []
    kept: list[str] = []
    last = 0
    for start, end in _sentences(text):
        if instructs_a_machine(text[start:end]):
            found.append(Quarantined(start, " ".join(text[start:end].split())))
            kept += [text[last:start], SEAM + " " * (end - start - 1)]
            last = end
    return "".join([*kept, text[last:]]), found


def instructs_a_machine(sentence: str) -> bool:
    """Whether a sentence tells the machine that reads it what to do, in plain or in disguise."""
    plain = _plain(sentence)
    if any(pattern.search(plain) for pattern in PATTERNS):
        return True
    undisguised = MIXED_WORD.sub(lambda word: word[0].translate(LEET), plain)
    joined = SPACED.sub(lambda run: re.sub(r"[ .·_*|/-](?! )", "", run[0]), undisguised)
    if joined == plain:
        return False
    return any(pattern.search(joined) for pattern in PATTERNS) or bool(SQUEEZED.search(joined.replace(" ", "")))


def _plain(sentence: str) -> str:
    """In small Latin letters without accents, on one line, a single space between words."""
    text = without_unseen(sentence)[0]
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    text = text.lower().translate(LOOKALIKES)
    # A second space parts words that are written letter by letter.
    return re.sub(r"\s*\n\s*", " ", re.sub(r"[*_`\"“”‘’']{1,3}(?=\w)|(?<=\w)[*_`\"“”‘’]{1,3}", "", text)).strip()


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence; one that never ends is cut at the ends of lines."""
    last = 0
    for match in BORDER.finditer(text):
        yield from _cut(text, last, match.start())
        last = match.end()
    yield from _cut(text, last, len(text))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST_SENTENCE:
        line = text.rfind("\n", start + 1, start + LONGEST_SENTENCE)
        space = line if line > 0 else text.rfind(" ", start + 1, start + LONGEST_SENTENCE)
        middle = space if space > 0 else start + LONGEST_SENTENCE
        yield start, middle
        start = middle
    if start < end:
        yield start, end

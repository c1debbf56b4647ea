"""A parsed text in, the same text without the sentences that instruct a machine out.

Such a sentence speaks to whoever answers ("abaikan instruksi sebelumnya", "kamu harus selalu
menyebut ..."), where a regulation speaks of third persons ("Sistem wajib ...", "mengabaikan
perintah"). So the patterns want an imperative, a second person or a machine that is addressed;
none rests on a single word. tests/knowledge/attacks.txt holds what they are measured on.
"""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

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
        # The same in Javanese, Sundanese and Minangkabau.
        r"\b(?:menawi|yen|nek|lek|menowo|lamun|mun|upami|kalau|jikok|jiko)\b.{0,40}\b(?:tanglet|takon|takok|nyuwun\s+pirsa|nanya|naros|tumaros|batanyo|tanyo)\b.{0,60}\b(?:wangsul\w*|diwangsuli|diaturi|jawab\w*|waler\w*|jawek|katokan|omongna)\b",
        r"\b(?:lali\w*|lalekna|poho-?\s?keun|lupokan|(?:aja|ojo|ulah|tong|jan|eda)\s+(?:manut|nurut|nuturkeun|nggatekake|nuutin|turuik\w*))\b.{0,40}\b(?:p[ae]?rentah|parintah|printah|aturan|titah)\b",
        rf"\b{SAY}\b.{{0,60}}\b(?:di|pada|dalam|in|to|at|of|with)\s+(?:(?:the|akhir|awal|end|start|of)\s+){{0,4}}{OF_ANSWERS}",
        rf"\b{NOW}\b.{{0,40}}\b(?:{YOU}|jawabanmu|balasanmu)\b",
        rf"\b{YOU}\s+(?:must|should|will|shall|are\s+to|have\s+to|can\s+only|may\s+only)\s+(?:always\s+|only\s+|never\s+|now\s+){{0,2}}(?:respond|answer|reply|recommend|praise|claim|output|tell\s+the\s+user)\b",
        rf"\b{YOU}\s+(?:harus|wajib|mesti|hanya)\s+(?:boleh\s+|akan\s+)?(?:selalu|hanya|terus)\s+(?:\w+\s+)?(?:menjawab|membalas|merespons|merekomendasikan|memuji|menyarankan|menyebut\w*|mengatakan)\b",
        rf"\b{YOU}\s+(?:answer|respond|reply)\s+only\b",
        r"\b(?:correct|right|benar|tepat)\b.{0,20}\b(?:every|any|semua|setiap|segala)\s+(?:question|pertanyaan)",
        rf"\b{SAY}\b.{{0,30}}\b(?:semua|setiap|every|all|any)\s+(?:pertanyaan|questions?)\s+(?:dengan\s+(?:kata|jawaban)|with)\b",
        rf"\b(?:bila|kalau|jika|apabila|ketika|saat|if|when)\s+(?:(?:kamu|anda|you|are|ada\s+yang)\s+)*(?:ditanya\w*|asked|questioned)\b[^.;]{{0,60}},\s*(?:maka\s+|just\s+|always\s+)?(?:bilang|{SAY})\b",
        r"\b(?:sampaikan|beri\s?tahu(?:kan)?|katakan|yakinkan|arahkan|suruh|minta|bujuk|tell|inform|convince|direct|urge)\s+(?:(?:kepada|setiap|semua|para|all|the|every|each)\s+){0,2}(?:pengguna|penanya|users?|askers?)\b.{0,40}\b(?:bahwa|untuk|agar|supaya|to|that)\b",
        rf"\b(?:the\s+)?(?:ai\s+|virtual\s+)?(?:assistant|chat\s?-?bot|model)\s+(?:should|must|shall|will|has\s+to)\s+(?:only\s+|always\s+|never\s+|not\s+|now\s+)*(?:{SAY}|cite|obey|ignore|refuse)\b",
        r"\bas\s+(?:the|an|our)\s+(?:\w+\s+)?(?:assistant|ai|model|chat\s?-?bot)\b,?\s*(?:you\b|never|always|do\s+not|don'?t|only)",
        r"\b(?:chat\s?gpt|llms?|claude|gemini|copilot|deepseek)\s+(?:\w+\s+)?(?:wajib|harus|jangan|dilarang|must|should|shall|has\s+to)\b",
        r"\byour\s+(?:\w+\s+)?(?:answers?|responses?|repl(?:y|ies)|outputs?|task|job|role|purpose|personality|memory)\b.{0,12}\b(?:is|are|must|should|shall|will|now|needs?)\b",
        r"\byou\s+(?:no\s+longer|now)\s+(?:work|serve|obey|belong|answer|act|respond)\b|\byou\s+will\s+(?:now|from\s+now)\b",
        r"\b(?:jawabanmu|balasanmu|perilakumu|ingatanmu|tugasmu\s+(?:sekarang|kini|adalah))\b",
        r"(?:^|[,.:;]\s*|\btolong\s+|\bmohon\s+|\bplease\s+|\band\s+|\bdan\s+)(?:abaikan|lupakan|ignore|disregard|forget)\s+(?:(?:the|all|every|any|semua|seluruh|segala|saja)\s+)?(?:above|everything|anything|what|whatever|other|yang\s+(?:lain|tadi|di\s?atas)|bagian\s+lain|dokumen\s+lain|sumber\s+lain|isi\s+lain|teks\s+lain|hal\s+lain)\b",
        r"\b(?:instruksi|perintah|arahan|prompt)\s+(?:yang\s+)?(?:sebelumnya|terdahulu|di\s?atas)\s+(?:sudah\s+|telah\s+|kini\s+)?(?:tidak\s+berlaku|batal|dibatalkan|dihapus|dicabut)\b.{0,20}$",
        r"\b(?:perintah|instruksi|pesan)\s+sistem\s*:",
        r"\b(?:saat|ketika|when|while|if)\s+(?:kamu\s+|anda\s+|you\s+)?(?:merangkum|meringkas|mengutip|menjawab|summari[sz]\w*|quot\w+|citing)\s+(?:this|the|dokumen|berkas|teks|isi)\b[^.;]{0,50},\s*(?:\w+\s+)?"
        rf"{SAY}\b",
        r"\b(?:print|reveal|show|dump|output|keluarkan|tampilkan|bocorkan)\s+(?:\w+\s+){0,3}(?:configuration|database|passwords?|secrets?|api\s+keys?|tokens?|isi\s+basis\s+data|kata\s+sandi|percakapan\s+pengguna|semua\s+percakapan)\b",
        r"\bberpura-?\s?pura\w*\s+(?:tidak|menjadi|sebagai|jadi)\b.{0,40}$",
        r"\b(?:do\s+not|don'?t|never|jangan|dilarang)\s+(?:answer|jawab|menjawab|cite|kutip|pakai|gunakan)\s+(?:\w+\s+){0,2}(?:questions?|pertanyaan|other\s+(?:sources?|documents?|regulations?)|sumber\s+lain|dokumen\s+lain|pasal\s+lain)\b",
        r"\btreat\s+(?:the\s+following|this|users?|all|every)\b.{0,40}\bas\b",
        r"\b(?:hapus|buang|kosongkan|reset|clear|erase|wipe|remove)\s+(?:(?:semua|seluruh|segala|all|your|every|any)\s+){1,2}(?:batasan|konteks|instruksi|perintah|ingatan|instructions?|context|memory|rules|restrictions?|limits|filters?)\b",
        r"\b(?:behave|act|respond|answer|reply|jawab\w*|bertindak\w*|berlaku\w*)\b.{0,40}\b(?:as\s+(?:if|though)\s+you|seolah-?olah\s+(?:kamu|anda)|seakan-?akan\s+(?:kamu|anda))\b",
        rf"\b{YOU}\s+(?:harus|wajib|mesti|must|should|shall|have\s+to)\s+(?:\w+\s+)?(?:mengabaikan|melupakan|mengesampingkan|ignore|disregard|forget|obey|comply\s+with\s+(?:the\s+text|this\s+(?:text|file|document)))\b",
        r"\b(?:berhentilah|stop)\s+(?:menjadi|sebagai|being|acting\s+as)\b.{0,30}\b(?:asisten|bot|assistant|model|ai)\b",
        r"\b(?:model|sistem\s+ai|ai|asisten)\s+(?:\w+\s+)?(?:yang|which|that)\s+(?:membaca|memproses|mengolah|reads?|processes)\b.{0,20}\b(?:ini|this|berkas|dokumen|teks)\b",
        rf"\b(?:sistem|system|mesin|program|penjawab|pengolah)\s+(?:\w+\s+)?(?:yang|which|that)\s+(?:membaca|memproses|mengolah|merangkum|reads?|processes)\s+(?:naskah|dokumen|berkas|teks|tulisan|lampiran|halaman|kalimat|baris|this)\b.{{0,20}}\b(?:{SAY}|mencantumkan|menyebut\w*|menyatakan|harap|mohon|wajib|harus|hendaknya|diminta|must|should|shall)\b",
        r"\[\W*(?:instruksi|perintah|instructions?)\s+(?:untuk|bagi|kepada|to|for)\s+(?:\w+\s+)?(?:model|sistem|mesin|asisten|system|assistant)",
        r"\b(?:instruksi|perintah|pesan)\s+(?:tersembunyi|rahasia)\s*:|^\W*(?:ai|bot|asisten\s+ai)\s*:",
        r"\b(?:tuliskan?|ulangi|salin|sebutkan)\b.{0,30}\b(?:perintah|instruksi|prompt)\s?(?:awal|asli)\s?(?:mu|anda|kamu)\b",
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
# What an order to a machine is made of, each with its weight; a rule for people has few of these
# at once. Informal "kamu" and what is "-mu" stand in no regulation.
SIGNS = tuple(
    (weight, re.compile(pattern))
    for weight, pattern in (
        (
            2,
            r"\b(?:kamu|engkau|kau|kalian|(?:jawaban|tugas|peran|aturan|instruksi|perintah|prompt|jawab|baru|kepada|untuk|diri|pengembang|pembuat|pikiran|ingatan|respons|balasan|milik)mu|barumu)\b",
        ),
        (1, r"\b(?:anda|you|your|yourself)\b"),
        (
            3,
            r"\b(?:dear|hey|hi|hai|halo|wahai)\s+(?:chat\s?gpt|ai|llm|claude|gemini|assistant|bot|asisten\s+(?:ai|virtual))\b",
        ),
        (
            2,
            r"\b(?:chat\s?gpt|gpt-?\d*|llms?|claude|gemini|copilot|deepseek|language\s+models?|model\s+bahasa|chat\s?-?bots?)\b",
        ),
        (1, r"\b(?:ai|bot|assistant|asisten|kecerdasan\s+(?:buatan|artifisial))\b"),
        (2, r"\bprompts?\b(?!\s+(?:pay|pem|bay))"),
        (
            1,
            r"\b(?:jawab\w*|menjawab|balas\w*|membalas|merespons|respons?\w*|repl(?:y|ies)|answers?|output|merangkum|rangkum\w*|ringkas\w*|summari[sz]\w*|translate|terjemahkan|mengutip|kutip|cite|percakapan|obrolan|conversations?|respond\w*|sebutkan|menyebut\w*)\b",
        ),
        (1, r"\b(?:instruksi|perintah|arahan|aturan|instructions?|rules?|guidelines?|batasan|restrictions?|limits)\b"),
        (
            1,
            r"\b(?:abaikan|mengabaikan|lupakan|melupakan|dibatalkan|batalkan|tidak\s+berlaku\s+lagi|tidak\s+boleh\s+lagi|jangan|ignor\w+|disregard\w*|forget|overrid\w+|drop|stop|instead|no\s+longer|never)\b",
        ),
        (1, r"\b(?:sebelum(?:nya)?|terdahulu|di\s?atas|previous\w*|earlier|above|so\s+far)\b"),
        (1, r"\b(?:pengguna|penanya|users?|pembaca|readers?)\b"),
        (
            1,
            r"\b(?:tugas\s?(?:baru)?|peran|new\s+task|task|role|seolah-?olah|pretend|become|jadilah|berpura-?pura|menjadi\s+juru)\b",
        ),
        (
            1,
            r"^\W*(?:tolong\s+|mohon\s+|please\s+|kalau\s.{3,40},\s*|saat\s.{3,40},\s*|when\s.{3,50},\s*|if\s.{3,50},\s*)?(?:jawab|katakan|bilang|arahkan|beri\s?tahu|balas|sebutkan|sertakan|tampilkan|lanjutkan|abaikan|lupakan|ikuti|reply|respond|say|tell|include|answer|ignore|disregard|forget|output|translate|rate|treat|act|stop|do\s+as)(?:lah)?\b",
        ),
        (
            1,
            r"\b(?:membaca\s+(?:berkas|dokumen|teks|kalimat)?\s?ini|reading\s+this|(?:merangkum|summari[sz]ing)\s+(?:this|dokumen|teks)|dokumen\s+ini\s+saja|yang\s+berikut\s+ini|the\s+following)\b",
        ),
        (
            1,
            r"\b(?:password|kata\s+sandi|secrets?|rahasia|access\s+granted|transfer|rekening|setuju\w*|approved?|juara|terbaik|the\s+best|10\s+(?:out\s+of|dari)\s+10)\b",
        ),
        (2, r"^\W*(?:system|assistant|user)\s*:"),
    )
)
ENOUGH_SIGNS, ENOUGH_SPOKEN_TO = 4, 3
SPOKEN_TO = re.compile(
    r"\b(?:kamu|engkau|kau|you|your|(?:jawaban|tugas|peran|aturan|instruksi|prompt|baru|kepada|untuk|diri|respons)mu)\b|"
    r"\b(?:dear|hey|hi|hai|halo|wahai)\s+(?:chat\s?gpt|ai|llm|claude|gemini|assistant|bot)\b|^\W*(?:system|assistant)\s*:"
)
LONGEST_ORDER = 400
# No pattern and no three signs hold without one of these; nine sentences of ten of a law have none.
WORTH_A_LOOK = re.compile(
    r"\b(?:kamu|anda|engkau|kau|you|your|ai|gpt|llms?|bots?|ditanya|mode|act|behave|treat|say|tell|rate|aturan|rules?|model|"
    r"jangan|never|stop|drop|reset|print|berpura|pretend|system\s*:|asisten|assistants?|when|if|saat)\b|\w{3}mu\b|"
    r"chat|prompt|instruksi|instruction|perintah|arahan|abaikan|lupakan|hiraukan|kesamping|acuhkan|anggap|ignor|disregard|forget|overrid|"
    r"(?:sistem|mesin|program|penjawab|pengolah)\s+yang|p[ae]?rentah|parintah|titah|tanglet|takon|takok|pirsa|naros|tumaros|tanyo|bypass|pengguna|users?\b|penanya|jawab|answer|respond|repl(?:y|ies)|output|directi|guideline|batasan|konteks|context|"
    r"percakapan|obrolan|conversation|bertindak|berperan|[nt]anya|henceforth|\bfrom (?:now|this|here)|password|rekening|ingatan|memory|bocorkan|rahasiakan|reveal|jailbreak|wahai|gemini|claude|copilot|deepseek|[<\[#|]"
)
# Speaks of what comes next: with such an order that goes too, behind a colon or in the same paragraph.
ANNOUNCES = re.compile(
    r"\b(?:kalimat|paragraf|alinea|baris|teks|hal|perintah|instruksi|bagian)\s+(?:yang\s+)?(?:berikut|di\s?bawah)\b|"
    r"\b(?:following|next)\s+(?:sentence|paragraph|line|text|instruction)s?\b",
    re.I,
)
SHORTEST_ANNOUNCED = 12
# An order can be spread over short lines, cells or sentences of one word each.
SHORT, FEWEST_PIECES, LONGEST_RUN = 60, 2, 400
# What it is about comes behind it.
BEHIND = 4
LINE_MARKS = re.compile(r"^[\s\f>|*#•-]*(?:\(?\w{1,3}[.)]\s)?|[\s|.;:!?]+$|\s*\|\s*")
# What hides an order from who reads it: as it looks turned round, by thirteen letters, and encoded.
HIDDEN_STEMS = ("abaikan", "instruksi", "instruction", "perintah", "sebelum", "previous", "ignore", "jawab", "kamu")
TURNED = re.compile("|".join(stem[::-1] for stem in HIDDEN_STEMS))
SHIFTED = re.compile("|".join(codecs.encode(stem, "rot13") for stem in HIDDEN_STEMS))
ENCODED = re.compile(r"(?<![\w+/=])(?:(?:[0-9a-fA-F]{2}[ :]?){20,}|[A-Za-z0-9+/_-]{24,}={0,2})(?![\w+/])")
SQUEEZED = re.compile(
    r"(?:abaikan|lupakan|hiraukan|ignore|disregard|forget|override).{0,30}(?:instruksi|perintah|arahan|aturan|instruction|prompt|rule)"
)


@dataclass(frozen=True)
class Quarantined:
    """A sentence that was taken out: where it stood in the text before, and its words."""

    start: int
    words: str


def quarantine(
    text: str, released: frozenset[str] = frozenset(), is_order: Callable[[str], bool] | None = None
) -> tuple[str, list[Quarantined]]:
    """The text with a SEAM (padded to the same length) for each sentence that instructs a machine, but for those
    that an admin `released`: those of which `is_order` says so, or by the patterns, with what they announce and
    orders that are spread over short pieces.
    """
    places = list(sentences(text))
    goes = [is_order(text[start:end]) for start, end in places] if is_order else _by_patterns(text, places)
    found: list[Quarantined] = []
    kept: list[str] = []
    last = 0
    for (start, end), is_taken in zip(places, goes, strict=True):
        words = " ".join(text[start:end].split())
        if is_taken and words not in released:
            found.append(Quarantined(start, words))
            kept += [text[last:start], SEAM + " " * (end - start - 1)]
            last = end
    return "".join([*kept, text[last:]]), found


def announced(text: str, orders: Collection[str]) -> set[str]:
    """What follows on those sentences of a text, each on one line, that speak of what follows."""
    places = list(sentences(text))
    lines = [" ".join(text[start:end].split()) for start, end in places]
    return {
        following
        for (line, following), ((_, end), (start, _)) in zip(pairwise(lines), pairwise(places), strict=True)
        if line in orders and len(following) >= SHORTEST_ANNOUNCED and _announces(line, text[end:start])
    }


def _announces(words: str, parted: str) -> bool:
    return words.endswith(":") or ("\n\n" not in parted and bool(ANNOUNCES.search(words)))


def _by_patterns(text: str, places: Sequence[tuple[int, int]]) -> list[bool]:
    goes = [instructs_a_machine(text[start:end]) for start, end in places]
    for n in _spread(text, places):
        goes[n] = True
    for n, ((start, end), (following, _)) in enumerate(pairwise(places)):
        if goes[n] and _announces(" ".join(text[start:end].split()), text[end:following]):
            goes[n + 1] = True
    return goes


def _spread(text: str, places: Sequence[tuple[int, int]]) -> set[int]:
    """Which of the pieces are parts of an order that none of them is by itself."""
    found: set[int] = set()
    run: list[tuple[int, str]] = []
    length = 0
    for n, (start, end) in enumerate([*places, (0, LONGEST_SENTENCE)]):
        piece = LINE_MARKS.sub(" ", text[start:end]).strip() if end - start <= SHORT else ""
        if piece and length + len(piece) <= LONGEST_RUN:
            run.append((n, piece))
            length += len(piece) + 1
            continue
        found |= _parts_of_order(run)
        run, length = ([(n, piece)], len(piece)) if piece else ([], 0)
    return found


def _parts_of_order(run: Sequence[tuple[int, str]]) -> set[int]:
    if len(run) < FEWEST_PIECES:
        return set()
    pieces = [plain(piece) for _, piece in run]
    joined = " ".join(pieces)
    if not WORTH_A_LOOK.search(joined):
        return set()
    borders = [sum(map(len, pieces[:i])) + i for i in range(len(pieces) + 1)]
    found: set[int] = set()
    for match in filter(None, (pattern.search(joined) for pattern in PATTERNS)):
        touched = [
            i
            for i, (first, following) in enumerate(pairwise(borders))
            if first < match.end() and following - 1 > match.start()
        ]
        if len(touched) >= FEWEST_PIECES and not any(_is_order(pieces[i]) for i in touched):
            found.update(n for n, _ in run[touched[0] : touched[-1] + 1 + BEHIND])
    return found


def instructs_a_machine(sentence: str) -> bool:
    """Whether a sentence tells the machine that reads it what to do, in plain or in disguise."""
    bare = plain(sentence)
    if _is_order(bare):
        return True
    if TURNED.search(bare) and _is_order(bare[::-1]):
        return True
    if SHIFTED.search(bare) and _is_order(codecs.encode(bare, "rot13")):
        return True
    if any(_is_order(plain(said)) for code in ENCODED.findall(sentence) for said in _decodings(code)):
        return True
    undisguised = MIXED_WORD.sub(lambda word: word[0].translate(LEET), bare)
    joined = SPACED.sub(lambda run: re.sub(r"[ .·_*|/-](?! )", "", run[0]), undisguised)
    if joined == bare:
        return False
    return _is_order(joined) or bool(SQUEEZED.search(joined.replace(" ", "")))


def _decodings(code: str) -> Iterator[str]:
    """The texts that a run of signs may stand for, in hexadecimal numbers or base 64."""
    with suppress(ValueError):
        yield bytes.fromhex(re.sub(r"[ :]", "", code)).decode()
    with suppress(ValueError):
        yield base64.b64decode(
            code.rstrip("=") + "=" * (-len(code.rstrip("=")) % 4), altchars=b"-_" if re.search("[-_]", code) else None
        ).decode()


def _is_order(bare: str) -> bool:
    if not WORTH_A_LOOK.search(bare):
        return False
    if any(pattern.search(bare) for pattern in PATTERNS):
        return True
    if len(bare) > LONGEST_ORDER:
        return False
    signs = sum(weight for weight, sign in SIGNS if sign.search(bare))
    return signs >= ENOUGH_SIGNS or (signs >= ENOUGH_SPOKEN_TO and bool(SPOKEN_TO.search(bare)))


def plain(sentence: str) -> str:
    """In small Latin letters without accents, on one line, a single space between words."""
    text = without_unseen(sentence)[0]
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    text = text.lower().translate(LOOKALIKES)
    # A second space parts words that are written letter by letter.
    return re.sub(r"\s*\n\s*", " ", re.sub(r"[*_`\"“”‘’']{1,3}(?=\w)|(?<=\w)[*_`\"“”‘’]{1,3}", "", text)).strip()


def sentences(text: str) -> Iterator[tuple[int, int]]:
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

"""Files from the addresses of the front matter: only https, only listed hosts, nothing sent twice."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from knowledge.fetch import addresses, fetch, folder
from knowledge.settings import FetchSettings
from knowledge.sources import find

TEXT = b"# Peraturan\n\nIsi peraturan yang diunduh dari server.\n"
LibraryDocument = Callable[..., str]


@dataclass
class Site:
    """A web server with a certificate: its pages by path, and what it was asked."""

    port: int
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"https://localhost:{self.port}{path}"

    @property
    def settings(self) -> FetchSettings:
        return FetchSettings(hosts=(f"localhost:{self.port}",), max_megabytes=0.001, seconds=10)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def site(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, body = web.pages.get(self.path, (404, {}, b""))
            if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    web = Site(server.server_address[1])
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield web
    server.shutdown()
    server.server_close()


def files(data: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder(data).iterdir()}


def page(body: bytes = TEXT, kind: str = "text/markdown", **headers: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": kind, **headers}, body


def test_the_front_matter_is_the_list_of_addresses(
    documents: Callable[..., Path], library_document: LibraryDocument
) -> None:
    head = '["naskah PP 59/2022", "https://jdih.example.go.id/pp59.pdf"]'
    root = documents("pp-59-2022.md", library_document("pp-59-2022", "# PP\n\n## Pasal 1\n\nIsi.\n", sources=head))
    documents("catatan.md", "# Catatan\n\nhttps://jdih.example.go.id/lain.pdf\n")
    sources, _ = find([root], 10_000)
    assert addresses(sources) == {"https://jdih.example.go.id/pp59.pdf": "pp-59-2022"}


def test_downloads_once_and_asks_only_whether_it_changed(site: Site, tmp_path: Path) -> None:
    site.pages["/pp59"] = page(
        TEXT, "text/markdown", **{"ETag": '"1"', "Last-Modified": "Wed, 25 Nov 2026 00:00:00 GMT"}
    )
    wanted = {site.url("/pp59"): "pp-59-2022"}
    assert fetch(tmp_path, wanted, site.settings) == []
    ((name, body),) = files(tmp_path).items()
    assert name.startswith("pp-59-2022-")
    assert (name[-3:], body) == (".md", TEXT)
    assert fetch(tmp_path, wanted, site.settings) == []
    assert site.asked[-1][1]["if-none-match"] == '"1"'
    assert site.asked[-1][1]["if-modified-since"].startswith("Wed, 25 Nov")
    assert files(tmp_path) == {name: TEXT}
    site.pages["/pp59"] = page(TEXT + b"Pasal baru.\n", ETag='"2"')
    assert fetch(tmp_path, wanted, site.settings) == []
    assert files(tmp_path) == {name: TEXT + b"Pasal baru.\n"}


def test_a_copy_that_was_lost_is_fetched_again(site: Site, tmp_path: Path) -> None:
    site.pages["/a"] = page(ETag='"1"')
    fetch(tmp_path, {site.url("/a"): "a"}, site.settings)
    for file in folder(tmp_path).iterdir():
        file.unlink()
    fetch(tmp_path, {site.url("/a"): "a"}, site.settings)
    assert list(files(tmp_path).values()) == [TEXT]


def test_a_redirect_within_the_listed_hosts_is_followed(site: Site, tmp_path: Path) -> None:
    site.pages["/lama"] = (302, {"Location": "/baru.md"}, b"")
    site.pages["/baru.md"] = page()
    assert fetch(tmp_path, {site.url("/lama"): "a"}, site.settings) == []
    assert list(files(tmp_path).values()) == [TEXT]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((302, {"Location": "https://penyusup.example/a.md"}, b""), "penyusup.example tidak terdaftar"),
        ((302, {"Location": "http://localhost/a.md"}, b""), "hanya https"),
        ((302, {"Location": "https://localhost@penyusup.example/a.md"}, b""), "tidak terdaftar"),
        ((302, {"Location": "/a"}, b""), "lebih dari 5 pengalihan"),
        ((404, {}, b""), "server menjawab 404"),
        ((500, {}, b""), "server menjawab 500"),
        (page(b"x" * 2000), "lebih dari 0 MB"),
        (page(b"x", **{"Content-Length": "99999999"}), "lebih dari 0 MB"),
        (page(b"<html>masuk dahulu</html>", "application/pdf"), "isinya bukan PDF"),
        (page(b"MZ", "application/x-msdownload"), "jenis berkas"),
    ],
    ids=["host lain", "tanpa TLS", "nama pengguna", "lingkaran", "404", "500", "besar", "mengaku besar", "bukan PDF", "program"],
)  # fmt: skip
def test_what_is_wrong_is_said_and_the_copy_of_before_stays(
    site: Site, tmp_path: Path, answer: tuple[int, dict[str, str], bytes], said: str
) -> None:
    site.pages["/a"] = page()
    wanted = {site.url("/a"): "a"}
    fetch(tmp_path, wanted, site.settings)
    before = files(tmp_path)
    site.pages["/a"] = answer
    (problem,) = fetch(tmp_path, wanted, site.settings)
    assert said in problem.reason
    assert "salinan terdahulu tetap dipakai" in problem.reason
    assert problem.path == site.url("/a")
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "address", ["http://localhost/a.md", "https://jdih.example.go.id/a.md", "https://localhost:1/a.md"]
)
def test_nothing_is_asked_of_a_host_that_is_not_listed(site: Site, tmp_path: Path, address: str) -> None:
    (problem,) = fetch(tmp_path, {address: "a"}, site.settings)
    assert "tidak terunduh" in problem.reason
    assert site.asked == []


def test_a_server_without_the_right_certificate_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    site.pages["/a"] = page()
    (problem,) = fetch(tmp_path, {site.url("/a"): "a"}, site.settings)
    assert "CERTIFICATE_VERIFY_FAILED" in problem.reason
    assert files(tmp_path) == {}


def test_one_bad_address_does_not_hold_up_the_others(site: Site, tmp_path: Path) -> None:
    site.pages["/b"] = page()
    problems = fetch(tmp_path, {site.url("/a"): "a", site.url("/b"): "b"}, site.settings)
    assert len(problems) == 1
    assert list(files(tmp_path).values()) == [TEXT]


def test_an_address_that_no_document_names_any_more_takes_its_file_along(site: Site, tmp_path: Path) -> None:
    site.pages["/a"] = page()
    fetch(tmp_path, {site.url("/a"): "a"}, site.settings)
    assert fetch(tmp_path, {}, site.settings) == []
    assert files(tmp_path) == {}

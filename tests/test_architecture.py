"""The rules of the design that imports, sizes, docstrings and texts have to keep."""

from __future__ import annotations

import ast
import importlib
import re
import string
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from bot.texts import Copy
from knowledge import parsed_files
from knowledge.settings import PROJECT

PACKAGES = ("knowledge", "bot")
MODULES = sorted(file for package in PACKAGES for file in (PROJECT / package).rglob("*.py"))
TEMPLATES = sorted((PROJECT / "bot").rglob("*.html"))
SOURCES = [*MODULES, PROJECT / "ingest.py"]
LONGEST = 400
Public = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def name_of(file: Path) -> str:
    """ "bot/texts/__init__.py" -> "bot.texts"."""
    return ".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


def imported(file: Path, nodes: Iterator[ast.AST]) -> set[str]:
    """Dotted names that the nodes import; "from a import b" gives "a" and "a.b"."""
    package = name_of(file) if file.name == "__init__.py" else name_of(file).rpartition(".")[0]
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return names


def everywhere(file: Path) -> set[str]:
    return imported(file, ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def at_module_level(file: Path) -> set[str]:
    """What is imported when the module is: not in functions, not under `if TYPE_CHECKING`."""

    def run(body: list[ast.stmt]) -> Iterator[ast.AST]:
        for node in body:
            yield node
            if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.dump(node.test):
                yield from run([*node.body, *node.orelse])
            elif isinstance(node, ast.Try):
                yield from run([*node.body, *node.orelse, *node.finalbody, *(s for h in node.handlers for s in h.body)])
            elif isinstance(node, ast.ClassDef | ast.With):
                yield from run(node.body)

    return imported(file, run(ast.parse(file.read_text(encoding="utf-8")).body))


def begins(names: set[str], *packages: str) -> set[str]:
    return {name for name in names if any(name == p or name.startswith(p + ".") for p in packages)}


def public(body: list[ast.stmt]) -> Iterator[Public]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


def fronts() -> list[type[Copy]]:
    """Every model of copy that the modules of bot.texts define."""
    for file in sorted((PROJECT / "bot" / "texts").glob("*.py")):
        importlib.import_module(name_of(file))
    return Copy.__subclasses__()


FRONTS = fronts()


def written(front: type[Copy], language: str) -> dict[str, object]:
    return tomllib.loads((PROJECT / "bot" / "texts" / f"{front.name}.{language}.toml").read_text(encoding="utf-8"))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_what_was_read_is_kept_for_the_code_and_the_libraries_that_read_it() -> None:
    """A module or library that is missing here would leave texts of its former version in the library."""
    found, waiting = set(), {"sandbox", "reader"}
    libraries: set[str] = set()
    while waiting:
        name = waiting.pop()
        found.add(name)
        names = everywhere(PROJECT / "knowledge" / f"{name}.py")
        libraries |= {one.partition(".")[0] for one in names}
        # The sandbox reads what admins decided and the settings; they are part of what an entry is named for.
        waiting |= (
            set() if name == "sandbox" else {n.split(".")[1] for n in begins(names, "knowledge") if "." in n} - found
        )
    assert found == set(parsed_files.MODULES)
    known = packages_distributions()
    # Where it is installed, this project is among them.
    assert {known[one][0].lower() for one in libraries & set(known)} - {"kotacerdas"} == set(parsed_files.LIBRARIES)


@pytest.mark.parametrize("file", sorted((PROJECT / "knowledge").rglob("*.py")), ids=name_of)
def test_knowledge_imports_nothing_of_bot(file: Path) -> None:
    assert not begins(everywhere(file), "bot")


def test_only_the_telegram_front_and_the_wiring_import_telegram() -> None:
    allowed = ("bot.telegram", "bot.app")
    guilty = {name_of(file) for file in SOURCES if begins(everywhere(file), "telegram")}
    assert guilty == begins(guilty, *allowed)


@pytest.mark.parametrize("part", ["conversation", "leads", "operations"])
def test_what_lies_behind_the_fronts_knows_none(part: str) -> None:
    fronts = ("bot.telegram", "bot.board", "bot.terminal", "bot.app", "bot.ask_command", "telegram", "rich")
    for file in (PROJECT / "bot" / part).rglob("*.py"):
        assert not begins(everywhere(file), *fronts), name_of(file)


@pytest.mark.parametrize("front", ["telegram", "board", "terminal"])
def test_no_front_knows_another(front: str) -> None:
    others = [f"bot.{other}" for other in ("telegram", "board", "terminal", "app") if other != front]
    for file in SOURCES:
        if begins({name_of(file)}, f"bot.{front}"):
            assert not begins(everywhere(file), *others), name_of(file)


def test_no_module_imports_itself_in_a_circle() -> None:
    names = {name_of(file) for file in MODULES}
    graph = {name_of(file): (at_module_level(file) & names) - {name_of(file)} for file in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_no_module_is_longer_than_the_reader_scrolls(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_every_module_class_and_function_says_what_it_is(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the module"
    assert not [node.name for node in public(tree.body) if not ast.get_docstring(node)]


def flat(copy: dict[str, object], above: str = "") -> dict[str, str]:
    """Texts by their path, those of a table of choices included."""
    found: dict[str, str] = {}
    for key, value in copy.items():
        found |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: str(value)}
    return found


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("front", FRONTS, ids=lambda front: front.name)
def test_every_text_stands_in_both_languages(front: type[Copy], language: str) -> None:
    assert set(written(front, language)) == set(front.model_fields)


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: front.name)
def test_a_text_has_the_same_placeholders_in_both_languages(front: type[Copy]) -> None:
    indonesian, english = flat(written(front, "id")), flat(written(front, "en"))
    assert indonesian.keys() == english.keys()
    assert not [key for key in indonesian if placeholders(indonesian[key]) != placeholders(english[key])]


def test_every_text_is_used_somewhere() -> None:
    used_in = [file for file in MODULES if file.parent.name != "texts"] + TEMPLATES
    code = "\n".join(file.read_text(encoding="utf-8") for file in used_in)
    keys = [key for front in FRONTS for key in front.model_fields]
    assert not [key for key in keys if not re.search(rf"\b{key}\b", code)]

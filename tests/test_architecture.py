"""Every rule of the design is a test: arrows between rooms, third parties by room, sizes, names, safety."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests import source
from tests.source import PACKAGES, ROOT

NUMERIC = {"numpy", "torch", "scipy"}
HUB = {"transformers", "tokenizers", "safetensors", "huggingface_hub"}

THIRD_PARTY = {
    "advisor": set(),
    "advisor.engagement": {"tomlkit", "filelock"},
    "advisor.cli": {"click", "rich"},
    "harness": {*NUMERIC, *HUB, "peft", "sklearn", "statsmodels", "sacrebleu", "rouge_score", "jsonschema"}
    | {"bm25s", "llguidance", "openai", "sentence_transformers", "ray", "vllm", "sqlglot", "fsspec"},
    "harness.intake": {*NUMERIC, "polars", "pyarrow", "fastexcel", "datasketch", "sklearn", "jsonschema"}
    | {"tokenizers", "pypdf", "docx", "bs4", "py3langid", "cleanlab", "datasets"},
    "trainers": {*NUMERIC, *HUB, "peft", "trl", "accelerate", "datasets", "jinja2"}
    | {"optuna", "wandb", "mlflow", "tensorboard", "httpx2"},
    "trainers.language": {*NUMERIC, *HUB, "peft", "bitsandbytes", "jinja2"},
    "reports": {"jinja2", "babel", "docx", "playwright"},
}
"""Third-party modules a room may import; the longest matching room counts; msgspec is allowed anywhere."""

SPINE = ("advisor.engagement",)
LEDGE = ("advisor.engagement", "advisor.costing")
ARROWS = {
    "advisor.engagement": SPINE,
    "advisor.costing": LEDGE,
    "advisor.examples": ("advisor.examples",),
    "advisor.templates": (*SPINE, "advisor.templates"),
    "advisor.questionnaire": (*LEDGE, "advisor.questionnaire"),
    "advisor.approaches": (*LEDGE, "advisor.questionnaire", "advisor.approaches"),
    "advisor.techniques": (*LEDGE, "advisor.questionnaire", "advisor.techniques"),
    "advisor.advice": (
        *LEDGE,
        "advisor.questionnaire",
        "advisor.approaches",
        "advisor.techniques",
        "advisor.advice",
    ),
    "advisor.explanations": (
        *LEDGE,
        "advisor.questionnaire",
        "advisor.approaches",
        "advisor.techniques",
        "advisor.explanations",
    ),
    "advisor.cli": PACKAGES,
    "advisor.__main__": ("advisor.cli",),
    "harness": (*LEDGE, "harness", "trainers.language"),
    "trainers": (*LEDGE, "trainers"),
    "trainers.language": (*LEDGE, "trainers.language", "trainers.starter"),
    "reports": (*LEDGE, "reports"),
}
"""What of ours a room may import; the longest matching room counts."""

OPENS_BYTES = ("os.open", "packed.open", "opener.open")
"""Descriptors, members of archives and sockets have no encoding."""
TOP_LEVEL = {".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "pyproject.toml"}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "handler"}
OURS = source.python_files(*PACKAGES)
ALL_PYTHON = source.python_files(*PACKAGES, "tests")


def within(name: str, rooms: tuple[str, ...] | list[str]) -> str | None:
    """The longest of the rooms that the dotted name lies in."""
    fitting = [room for room in rooms if name == room or name.startswith(room + ".")]
    return max(fitting, key=len, default=None)


def complaints(found: Iterator[str]) -> None:
    """Fail with every complaint, one a line."""
    lines = sorted(set(found))
    assert not lines, "\n" + "\n".join(lines)


def test_arrows_point_down_and_siblings_never_import_each_other() -> None:
    def broken() -> Iterator[str]:
        for path in OURS:
            room = within(source.module_name(path), list(ARROWS))
            for name, line in source.imports(path):
                if name.split(".")[0] in PACKAGES and name != "advisor":
                    if room is None or within(name, ARROWS[room]) is None:
                        yield f"{path}:{line}: {room} may not import {name}"

    complaints(broken())


def test_nobody_imports_the_command_line_but_python_dash_m() -> None:
    def broken() -> Iterator[str]:
        for path in OURS:
            inside = path.parts[:2] == ("advisor", "cli") or path == Path("advisor/__main__.py")
            for name, line in source.imports(path):
                if within(name, ["advisor.cli"]) and not inside:
                    yield f"{path}:{line}: imports {name}"

    complaints(broken())


def test_the_command_line_imports_the_heavy_three_inside_functions() -> None:
    def broken() -> Iterator[str]:
        for path in source.python_files("advisor"):
            for name, line in source.imports_when_loaded(path):
                if name.split(".")[0] in ("harness", "trainers", "reports") and name != "trainers.starter":
                    yield f"{path}:{line}: imports {name} when loaded"

    complaints(broken())


def test_third_parties_stay_in_their_rooms() -> None:
    def broken() -> Iterator[str]:
        for path in OURS:
            room = within(source.module_name(path), list(THIRD_PARTY))
            assert room is not None, path
            for name, line in source.imports(path):
                top = name.split(".")[0]
                if top in PACKAGES or top in sys.stdlib_module_names or top == "msgspec":
                    continue
                if top not in THIRD_PARTY[room]:
                    yield f"{path}:{line}: {room} may not import {top}"

    complaints(broken())


def test_files_and_functions_fit_a_head() -> None:
    def broken() -> Iterator[str]:
        for path in ALL_PYTHON:
            lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
            if lines > 400:
                yield f"{path}: {lines} lines, at most 400"
            for node in ast.walk(source.tree(path)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    if length > 60:
                        yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most 60"

    complaints(broken())


def test_file_names_say_what_is_inside() -> None:
    complaints(str(p) for p in source.tracked() if FORBIDDEN_NAMES & {p.stem, *p.parts[:-1]})


def test_the_top_level_is_fixed() -> None:
    known = TOP_LEVEL | set(PACKAGES) | {"tests"}
    complaints(str(p) for p in source.tracked() if p.parts[0] not in known)


def test_every_public_module_says_what_it_is() -> None:
    def silent() -> Iterator[str]:
        for path in ALL_PYTHON:
            public = not path.stem.startswith("_") or path.stem in ("_kind", "__main__")
            if public and not ast.get_docstring(source.tree(path)):
                yield f"{path}: no docstring"

    complaints(silent())


def is_record(node: ast.ClassDef) -> bool:
    """A msgspec struct, a named tuple or a dataclass."""
    words = [ast.unparse(part) for part in (*node.bases, *node.decorator_list)]
    return any(
        re.match(r"(msgspec\.)?Struct\b|NamedTuple\b|(dataclasses\.)?dataclass\b", word) for word in words
    )


def undocumented(node: ast.ClassDef) -> Iterator[str]:
    """Fields without a string under them."""
    for index, statement in enumerate(node.body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            following = node.body[index + 1] if index + 1 < len(node.body) else None
            is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            if not is_text:
                yield statement.target.id


def test_every_record_field_has_a_string_under_it() -> None:
    def silent() -> Iterator[str]:
        for path in OURS:
            for node in ast.walk(source.tree(path)):
                if isinstance(node, ast.ClassDef) and is_record(node):
                    for field in undocumented(node):
                        yield f"{path}:{node.lineno}: {node.name}.{field} has no string"

    complaints(silent())


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file by the dotted name called."""
    for node in ast.walk(source.tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_a_file_is_data() -> None:
    pickles = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "runpy"}

    def unsafe() -> Iterator[str]:
        for path in OURS:
            for name, line in source.imports(path):
                if name.split(".")[0] in pickles:
                    yield f"{path}:{line}: imports {name}"
            for name, call in calls(path):
                said = {k.arg: ast.unparse(k.value) for k in call.keywords if k.arg}
                if said.get("trust_remote_code", "False") != "False":
                    yield f"{path}:{call.lineno}: trusts remote code"
                if name == "torch.load" and said.get("weights_only") != "True":
                    yield f"{path}:{call.lineno}: torch.load without weights_only=True"
                if name in ("eval", "exec", "os.system") or said.get("shell") == "True":
                    yield f"{path}:{call.lineno}: {name} runs text"

    complaints(unsafe())


def test_advice_asks_no_clock_no_dice_and_no_environment() -> None:
    rooms = ["advisor.approaches", "advisor.techniques", "advisor.advice", "advisor.costing"]
    outside = re.compile(r"(\w+\.)*(today|now|time|monotonic|getenv|urandom)$|random\.|secrets\.")

    def impure() -> Iterator[str]:
        for path in source.python_files("advisor"):
            if within(source.module_name(path), rooms):
                for name, call in calls(path):
                    # a generator with a seed of its own gives the same draws every time
                    seeded = name == "random.Random" and call.args
                    if outside.match(name) and not seeded:
                        yield f"{path}:{call.lineno}: {name}"

    complaints(impure())


def test_text_files_name_their_encoding() -> None:
    def silent() -> Iterator[str]:
        for path in OURS:
            for name, call in calls(path):
                said = {keyword.arg for keyword in call.keywords}
                is_text = name.endswith((".read_text", ".write_text")) and not name.startswith("codec.")
                is_open = (
                    name.endswith(".open")
                    and name
                    not in ("os.open", "packed.open", "opener.open")  # archives and sockets give bytes
                    and not any(isinstance(a, ast.Constant) and "b" in str(a.value) for a in call.args)
                )
                if (is_text or is_open) and "encoding" not in said:
                    yield f"{path}:{call.lineno}: {name} names no encoding"

    complaints(silent())


def test_the_light_rooms_run_on_windows() -> None:
    posix = {"fcntl", "termios", "tty", "pwd", "grp", "resource", "pty"}

    def tied() -> Iterator[str]:
        for path in OURS:
            if path.parts[0] not in ("advisor", "reports") and path.parts[:2] != ("harness", "intake"):
                continue
            for name, line in source.imports(path):
                if name in posix:
                    yield f"{path}:{line}: imports {name}"
            for name, call in calls(path):
                if name in ("os.fork", "os.symlink") or name.endswith(".symlink_to"):
                    yield f"{path}:{call.lineno}: {name}"

    complaints(tied())


def test_file_names_are_portable() -> None:
    complaints(
        str(p) for p in source.tracked() if re.search(r'[:*?"<>|\\]', str(p)) or (ROOT / p).is_symlink()
    )


def test_report_templates_fetch_nothing() -> None:
    fetch = re.compile(
        r"<script|<link\b|@import|(?:src|srcset|poster|data)\s*=\s*[\"']?(?:https?:)?//|url\(\s*[\"']?https?:"
    )

    def fetching() -> Iterator[str]:
        for path in source.tracked():
            if path.parts[0] == "reports" and path.suffix in (".j2", ".css", ".html", ".svg", ".py"):
                for hit in fetch.finditer((ROOT / path).read_text(encoding="utf-8")):
                    yield f"{path}: {hit.group()}"

    complaints(fetching())


def test_the_project_speaks_of_itself_only() -> None:
    words = ["/" + "work/", "/opt" + "/wheels", "/opt" + "/pypi", "sand" + "box", "fire" + "cracker"]

    def strays() -> Iterator[str]:
        for path in source.tracked():
            if path.suffix in (".safetensors", ".png"):
                continue
            text = (ROOT / path).read_text(encoding="utf-8", errors="replace").lower()
            for word in words:
                if word in text and path.name != "tokenizer.json":
                    yield f"{path}: {word}"

    complaints(strays())


HEAVY = ("torch", "transformers", "peft", "sklearn", "numpy", "scipy", "pandas")
ENGAGEMENT = "{tmp}/acme"
LIGHT = {
    "help": ["--help"],
    "init": ["init", ENGAGEMENT],
    "init example": ["init", ENGAGEMENT + "-example", "--example", "support-triage"],
    "init template": ["init", ENGAGEMENT + "-template", "--template", "support-tickets"],
    "init templates": ["init", "--templates"],
    "advise a file": ["advise", "--answers", ENGAGEMENT + "-example/answers.toml", "--json"],
    "advise": ["advise", "-C", ENGAGEMENT + "-example", "--no-input"],
    "status": ["status", "-C", ENGAGEMENT + "-example"],
    "doctor": ["doctor", "-C", ENGAGEMENT + "-example"],
    "report": ["report", "-C", ENGAGEMENT + "-example"],
    "report in brief": ["report", "-C", ENGAGEMENT + "-example", "--summary", "--format", "md"],
    "index": ["report", "--index", "{tmp}"],
    "explain": ["explain"],
    "explain a name": ["explain", "lora"],
}
PROBE = """
import sys
from advisor.cli.main import group, run
codes = {}
for line in sys.stdin.read().splitlines():
    name, *arguments = line.split("\\t")
    before = set(sys.modules)
    codes[name] = run(group, arguments, name="tunecase")
    came = sorted(set(sys.argv[1].split(",")) & (set(sys.modules) - before))
    if codes[name] or came:
        sys.stderr.write(f"LIGHT {name}: exit {codes[name]}, imported {came}\\n")
"""


def test_light_commands_import_nothing_heavy(tmp_path: Path) -> None:
    lines = ["\t".join([name, *(a.format(tmp=tmp_path) for a in words)]) for name, words in LIGHT.items()]
    done = subprocess.run(
        [sys.executable, "-c", PROBE, ",".join(HEAVY)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    complaints(line for line in done.stderr.splitlines() if line.startswith("LIGHT"))

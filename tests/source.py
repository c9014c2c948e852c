"""The project's own files as the policy tests read them: what git tracks, parsed once."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("advisor", "harness", "trainers", "reports")


@cache
def tracked() -> tuple[Path, ...]:
    """Paths relative to the root that git tracks and that exist."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def python_files(*tops: str) -> list[Path]:
    """Tracked Python files under these top folders."""
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in tops]


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def module_name(path: Path) -> str:
    """`advisor/cli/main.py` as `advisor.cli.main`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every absolute module name a file imports, anywhere in it, with its line."""
    return imported_names(path, ast.walk(tree(path)))


def imported_names(path: Path, nodes: Iterator[ast.AST]) -> Iterator[tuple[str, int]]:
    """Absolute names among these nodes; `from a import b` gives `a.b` where that is a module of ours."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            ancestors = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*ancestors, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{origin}.{alias.name}"
                yield (full if is_module(full) else origin), node.lineno


@cache
def is_module(name: str) -> bool:
    """Whether the name is a module or package of this project."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def imports_when_loaded(path: Path) -> Iterator[tuple[str, int]]:
    """Names imported by importing the file: outside functions and `if TYPE_CHECKING`."""
    return imported_names(path, _outside_functions(tree(path)))


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _outside_functions(child)

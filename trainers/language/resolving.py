"""From the model's name in the plan to a folder, and from its files to digests; no torch here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from advisor.engagement import digests
from advisor.engagement.errors import PlanError, RunFailed
from trainers.starter import STARTER_PATH

STARTER = "starter"
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "vocab.json",
    "merges.txt",
)


def resolve(model: str) -> str:
    """A folder path for `starter` and local models, the hub id otherwise."""
    if model == STARTER:
        return str(STARTER_PATH)
    if Path(model).is_dir():
        if not (Path(model) / "config.json").is_file():
            raise PlanError(
                f"{model}: no config.json in that folder", fix="name a folder saved by save_pretrained"
            )
        return str(Path(model).resolve())
    if model.startswith((".", "/", "~")) or model.count("/") != 1:
        raise PlanError(
            f"model `{model}`: no such folder",
            fix="use starter, a folder, or a hub id such as Qwen/Qwen3-0.6B",
        )
    return model


def at_hand(model: str) -> Path | None:
    """The folder of a bundled, local or cached model with a tokenizer; nothing is fetched."""
    place = resolve(model)
    if Path(place).is_dir():
        return Path(place)
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(place, "tokenizer.json")
    return Path(found).parent if isinstance(found, str) else None


@cache
def snapshot(model: str) -> Path:
    """The folder with the model's files; a hub id is fetched once into the local cache."""
    place = resolve(model)
    if Path(place).is_dir():
        return Path(place)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(
            snapshot_download(
                place, allow_patterns=["*.json", "*.jinja", "*.safetensors", "*.model", "*.txt"]
            )
        )
    except RepositoryNotFoundError:
        raise PlanError(
            f"model `{model}`: not on the hub", fix="check the id; a gated model needs HF_TOKEN"
        ) from None
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as wrong:
        raise PlanError(
            f"model `{model}`: not in the local cache, and the hub is out of reach ({type(wrong).__name__})",
            fix="download it on a connected machine, or use --model starter",
        ) from None


def weights_digest(model: str) -> str:
    """sha256 over config and weight files."""
    folder = snapshot(model)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise PlanError(f"{model}: no .safetensors weights in {folder}", fix="save the model as safetensors")
    return _digest(tuple((*weights, folder / "config.json")))


def tokenizer_digest(model: str) -> str:
    """sha256 over tokenizer files and chat template."""
    folder = snapshot(model)
    return _digest(tuple(folder / name for name in TOKENIZER_FILES if (folder / name).is_file()))


def files_digest(folder: Path) -> str:
    """sha256 over the trained files of an adapter or model folder."""
    return digests.of_files(path for path in folder.iterdir() if path.suffix in (".safetensors", ".json"))


def trained_digest(folder: Path, *, recorded: str) -> str:
    """As `files_digest`, memoised; refused where the files are not those that the training recorded."""
    found = _digest(
        tuple(path for path in sorted(folder.iterdir()) if path.suffix in (".safetensors", ".json"))
    )
    if found != recorded:
        raise RunFailed(
            f"{folder}: these are not the files that training wrote",
            fix="bring them back, or delete that model's folder and run `tunecase compare` again",
        )
    return found


def _digest(paths: tuple[Path, ...]) -> str:
    return _memoised(tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in paths))


@cache
def _memoised(stamps: tuple[tuple[Path, int, int], ...]) -> str:
    return digests.of_files(path for path, _, _ in stamps)

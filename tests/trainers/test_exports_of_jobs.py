"""Jobs for other people's machines: each tool's own parser takes them, and a stop in the middle saves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.engagement.folder import Engagement
from tests.trainers import exporting as made

MODEL = "Qwen/Qwen3-8B"
BASH = shutil.which("bash")
HF = Path(sys.executable).parent / "hf"


def client(root: Path, model: str = MODEL, **changes: Any) -> Engagement:
    """An engagement with a plan for a model of a known size."""
    return made.engagement(root, agreed=made.plan(model=model, **changes))


def written(root: Path, engagement: Engagement, name: str) -> Path:
    """The files of a target, where they belong."""
    folder = engagement.root / "export" / name
    for path, content in made.render(engagement, name).files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    return folder


def program(folder: Path, name: str, *lines: str) -> None:
    """A program of this name that does these lines of shell."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("\n".join(["#!/bin/bash", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)


TUNECASE = (
    'echo "$@" > "$SAID"',
    "trap 'echo saved >> \"$SAID\"; exit 143' TERM",
    "for _ in $(seq 200); do sleep 0.05; done",
)


@pytest.mark.parametrize(
    ("name", "script"), [("slurm", "job.sbatch"), ("hf_jobs", "job.sh"), ("hf_jobs", "launch.sh")]
)
@pytest.mark.parametrize("model", ["starter", MODEL, "someone/unknown"])
def test_the_shell_parses_every_script(name: str, script: str, model: str, tmp_path: Path) -> None:
    folder = written(tmp_path, client(tmp_path, model), name)
    checked = subprocess.run([str(BASH), "-n", folder / script], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def directives(script: str) -> dict[str, str]:
    """`#SBATCH --name=value` lines."""
    words = [line.removeprefix("#SBATCH --") for line in script.splitlines() if line.startswith("#SBATCH")]
    return {word.partition("=")[0]: word.partition("=")[2] for word in words}


def test_a_slurm_job_has_a_card_a_ceiling_and_comes_back(tmp_path: Path) -> None:
    script = made.render(client(tmp_path), "slurm").files["job.sbatch"]
    asked = directives(script)
    assert script.startswith("#!/bin/bash\n#SBATCH")
    assert asked["gpus-per-node"] == "1"
    assert asked["signal"] == "B:TERM@300"
    assert "requeue" in asked
    assert int(asked["time"].partition(":")[0]) >= 1
    assert "gpus-per-node" not in directives(
        made.render(client(tmp_path / "b", "starter"), "slurm").files["job.sbatch"]
    )


@pytest.mark.parametrize("ending", ["alone", "told"])
def test_a_slurm_job_passes_sigterm_on_and_waits_for_what_is_saved(ending: str, tmp_path: Path) -> None:
    folder = written(tmp_path, client(tmp_path), "slurm")
    said = tmp_path / "said"
    lines = ('echo "$@" > "$SAID"', "exit 4") if ending == "alone" else TUNECASE
    program(tmp_path / "bin", "tunecase", *lines)
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "SAID": str(said)}
    with subprocess.Popen([str(BASH), "job.sbatch"], cwd=folder, env=environment) as job:
        if ending == "told":
            while not said.exists() or not said.read_text(encoding="utf-8"):
                time.sleep(0.02)
            job.send_signal(signal.SIGTERM)
        assert job.wait(20) == (4 if ending == "alone" else 143)
    lines_said = said.read_text(encoding="utf-8").splitlines()
    assert lines_said == ["compare -C ../.. --executor local", *(["saved"] if ending == "told" else [])]


def test_the_ceiling_grows_with_arms_and_seeds(tmp_path: Path) -> None:
    rows = made.examples(400)
    few, many = (
        made.engagement(tmp_path / name, rows=rows, agreed=made.plan(model=MODEL, seeds=seeds))
        for name, seeds in (("few", [0]), ("many", list(range(40))))
    )
    hours = [
        int(directives(made.render(one, "slurm").files["job.sbatch"])["time"].partition(":")[0])
        for one in (few, many)
    ]
    assert hours[1] > 5 * hours[0]


def test_a_kubernetes_job_resumes_on_its_volume_within_a_ceiling(tmp_path: Path) -> None:
    files = made.render(client(tmp_path), "kubernetes").files
    claim, pod = yaml.safe_load_all(files["storage.yaml"])
    job = made.parsed(files["job.yaml"])
    assert [one["kind"] for one in (claim, pod, job)] == ["PersistentVolumeClaim", "Pod", "Job"]
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": 1}
    assert container["command"][2].endswith("exec tunecase compare -C /engagement --executor local")
    assert spec["restartPolicy"] == "Never"
    assert job["spec"]["activeDeadlineSeconds"] % 3600 == 0
    mounted = {one["name"] for one in container["volumeMounts"]}
    assert mounted == {one["name"] for one in spec["volumes"]}
    for one in (spec, pod["spec"]):
        assert one["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    names = [claim["metadata"]["name"], pod["metadata"]["name"], job["metadata"]["name"]]
    assert all(len(name) <= 63 and name.replace("-", "").isalnum() and name.islower() for name in names)


@pytest.mark.skipif(not HF.exists(), reason="needs the program hf")
@pytest.mark.parametrize(("model", "flavor"), [("starter", "cpu-upgrade"), (MODEL, None)])
def test_hf_itself_takes_the_job(model: str, flavor: str | None, tmp_path: Path) -> None:
    folder = written(tmp_path, client(tmp_path, model), "hf_jobs")
    # everything but the request itself: buckets are not made, the job is resolved and not submitted
    program(
        tmp_path / "bin",
        "hf",
        '[ "$1" = buckets ] && echo "$@" >> "$SAID" && exit 0',
        f'exec {HF} jobs run --dry-run "${{@:3}}"',
    )
    environment = os.environ | {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "SAID": str(tmp_path / "said"),
        "HF_TOKEN": "hf_none",
        "HF_HUB_OFFLINE": "0",
        "COLUMNS": "300",
    }
    done = subprocess.run(
        [str(BASH), folder / "launch.sh", "acme"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Job not submitted" in done.stdout + done.stderr
    if flavor:
        assert flavor in done.stdout + done.stderr
    create, sync = (tmp_path / "said").read_text(encoding="utf-8").splitlines()
    assert create.startswith("buckets create acme/tunecase-acme-support-")
    assert create.endswith("--private --exist-ok")
    assert sync.startswith("buckets sync ../.. hf://buckets/acme/tunecase-acme-support-")


def test_an_hf_job_sends_back_what_was_saved_when_it_is_stopped(tmp_path: Path) -> None:
    folder = written(tmp_path, client(tmp_path), "hf_jobs")
    said, synced = tmp_path / "said", tmp_path / "synced"
    program(tmp_path / "bin", "tunecase", *TUNECASE)
    program(tmp_path / "bin", "pip", "exit 0")
    program(tmp_path / "bin", "hf", f"[ -e {said} ] && cat {said} > {synced}; exit 0")
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "SAID": str(said), "BUCKET": "acme/b"}
    with subprocess.Popen([str(BASH), "job.sh"], cwd=folder, env=environment) as job:
        while not said.exists() or not said.read_text(encoding="utf-8"):
            time.sleep(0.02)
        job.send_signal(signal.SIGTERM)
        assert job.wait(20) == 143
    assert synced.read_text(encoding="utf-8").splitlines() == [
        "compare -C /engagement --executor local",
        "saved",
    ]

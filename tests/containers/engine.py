"""A container engine: the one that answers, or the one of a lab script where there is none and no registry.

A lab script is what URAKKA_CONTAINER_LAB names, else ../shared/tools/container_lab.sh if it is there. Called
with `all` it starts an engine and makes the base images available under their public names.
"""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASE_IMAGES = ("python:3.11-slim", "postgres:17", "rabbitmq:4", "nginx:stable-alpine")
_LAB_TIMEOUT_S = 1800
_QUESTION_TIMEOUT_S = 60
_PULL_TIMEOUT_S = 600


class NoEngine(RuntimeError):
    """No container engine answers, or it cannot get the base images; the text says what to do."""


def prepare() -> str:
    """Make sure that an engine with compose answers and has the base images; returns what it is.

    Raises NoEngine.
    """
    lab = _lab()
    if lab is not None and (_answer("docker", "compose", "version") is None or not _engine() or _missing()):
        print(f"engine: {lab} all", flush=True)
        subprocess.run([str(lab), "all"], timeout=_LAB_TIMEOUT_S, check=False)
    if not _engine():
        raise NoEngine("No container engine answers: start Docker, or name a lab script in URAKKA_CONTAINER_LAB.")
    compose = _answer("docker", "compose", "version", "--short")
    if compose is None:
        raise NoEngine("The engine answers, but `docker compose` (version 2.24 or newer) is missing.")
    for image in _missing():
        pulled = subprocess.run(["docker", "pull", "-q", image], timeout=_PULL_TIMEOUT_S, check=False)
        if pulled.returncode != 0:
            raise NoEngine(f"The engine cannot get the image {image}.")
    return f"engine {_engine()}, compose {compose}"


def _lab() -> Path | None:
    named = os.environ.get("URAKKA_CONTAINER_LAB")
    lab = Path(named) if named else ROOT.parent / "shared" / "tools" / "container_lab.sh"
    return lab if lab.exists() else None


def _engine() -> str | None:
    return _answer("docker", "version", "--format", "{{.Server.Version}}")


def _missing() -> list[str]:
    return [image for image in BASE_IMAGES if _answer("docker", "image", "inspect", "-f", "{{.Id}}", image) is None]


def _answer(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, timeout=_QUESTION_TIMEOUT_S, check=False)
    return done.stdout.strip() if done.returncode == 0 else None

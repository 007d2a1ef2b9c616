# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How the examples tell what happens: numbered steps with their times, prompts as a wallet shows them, refusals."""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from vcwallet import Prompt, VcError

AIM_SECONDS = 60
"""A procedure on a phone takes no longer than this (Digital Agency, total design of 2022-08-25)."""


class Stage:
    """Prints the story of an example and measures its steps."""

    def __init__(self, title: str) -> None:
        """Open the story."""
        self.console = Console(highlight=False)
        self.times: list[tuple[str, float]] = []
        self.console.rule(f"[bold]{title}")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Name a step, and measure what is done in it."""
        self.console.print(f"\n[bold cyan]{len(self.times) + 1}. {title}")
        start = time.perf_counter()
        yield
        self.times.append((title, time.perf_counter() - start))

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(f"   {text}")

    def progress(self, items: Iterable[str], total: int) -> Iterator[str]:
        """Yield items while a bar shows how many are done."""
        columns = (TextColumn("   {task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task("", total=total)
            for item in items:
                progress.update(task, description=item)
                yield item
                progress.advance(task)

    def show(self, prompt: Prompt) -> None:
        """Print a prompt as a wallet's screen shows it: who, why, what, kept how long, and what to look at twice."""
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_row("who", f"[bold]{prompt.verifier}[/]  ({prompt.verified_by})")
        table.add_row("why", prompt.purpose)
        for credential in prompt.credentials:
            for number, claim in enumerate(credential.claims):
                shown = ", ".join(map(_plain, claim.value))
                mark = " [yellow](by name)" if claim.name in prompt.to_approve_by_name else ""
                table.add_row(credential.type_name if number == 0 else "", f"{claim.label}: [green]{shown}[/]{mark}")
        table.add_row("kept", prompt.retention)
        for warning in prompt.warnings:
            instead = f" -> {', '.join(warning.alternatives)}" if warning.alternatives else ""
            table.add_row("[yellow]look twice", f"[yellow]{warning.message}{instead}")
        self.console.print(Panel(table, title="the wallet asks its holder", border_style="cyan", width=100))

    @contextmanager
    def refused(self, what: str) -> Iterator[None]:
        """Expect that what is done inside is refused, and print how."""
        try:
            yield
        except VcError as error:
            self.console.print(f"   [red]refused[/] {what}: [bold]{error.code}[/] {error.args[0]}")
        else:
            raise SystemExit(f"{what} should have been refused")

    def end(self) -> None:
        """Print how long everything took, beside the aim."""
        table = Table(title="time", title_justify="left")
        table.add_column("step")
        table.add_column("seconds", justify="right")
        for title, taken in self.times:
            table.add_row(title, f"{taken:.2f}")
        total = sum(taken for _, taken in self.times)
        table.add_row("[bold]all steps[/]", f"[bold]{total:.2f}")
        table.add_row("aim for one procedure", f"{AIM_SECONDS:.2f}")
        self.console.print()
        self.console.print(table)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("formatted") or value.get("amount") or value)
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def output_folder(name: str) -> Path:
    """Return an empty folder for what an example writes: --out, or build/NAME below the current folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("build") / name, help="where to write files")
    folder: Path = parser.parse_args().out
    return emptied(folder)


def emptied(folder: Path) -> Path:
    """Return the folder, made anew; what an earlier run of an example left there is removed, and nothing else ever."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise SystemExit(f"{folder} is not empty, and not from an example; choose another with --out")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("made by an example of vcwallet; the next run removes this folder\n")
    return folder


_MARK = "made-by-an-example.txt"

"""The commands `relgen prompts …`: copy the bundled templates, list and compare those in use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from relgen_assets.cli.layout import INDENT, say, say_below
from relgen_assets.cli.opening import open_project

prompts_app = typer.Typer(
    no_args_is_help=True, help="Copy the prompt templates to change them, and list those in use."
)


@prompts_app.command()
def init() -> None:
    """Copy the bundled templates into the project; files that are there stay as they are."""
    from relgen_assets.prompts.folder import changes, copy_bundled

    folder = Path(open_project().settings.prompts.folder)
    copied = copy_bundled(folder)
    console = Console()
    for one in copied:
        kept = {"same": "kept, as bundled", "differs": "kept, differs from the bundled one"}
        say(console, f"{one.file}: {kept.get(one.outcome, one.outcome)}")
    if changes(folder):
        say(console, "What your files change: relgen prompts diff")
    say(console, "Edit a file, then try it on one chunk: relgen try")


@prompts_app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show which file each template comes from, with its version."""
    from relgen_assets.cli.document import print_document
    from relgen_assets.cli.setup_documents import PromptPart, PromptsDocument
    from relgen_assets.prompts import PROMPT_TASKS, bundled_prompts
    from relgen_assets.prompts.forms import FORMS
    from relgen_assets.settings.places import from_here

    prompts = open_project().prompts
    listed = [
        PromptPart(
            template=task,
            version=prompts.version(task),
            file=from_here(str(file)) if (file := prompts.template(task).file) else None,
            changed=prompts.version(task) != bundled_prompts().version(task),
            purpose=FORMS[task].purpose,
        )
        for task in PROMPT_TASKS
    ]
    if as_json:
        print_document(PromptsDocument(prompts=listed))
        return
    console = Console()
    for one in listed:
        changed = "changed" if one.changed else "as bundled"
        origin = f"{one.file}, {changed}" if one.file else "bundled"
        say(console, origin, first=f"{one.template:<29} {one.version}  ", indent=INDENT)
        say_below(console, one.purpose)


@prompts_app.command()
def diff() -> None:
    """Show what the project's files change of the bundled templates."""
    from relgen_assets.prompts.folder import changes

    console = Console(soft_wrap=True, highlight=False)
    found = changes(Path(open_project().settings.prompts.folder))
    for text in found.values():
        for line in text.splitlines():
            styles = {"+": "green", "-": "red", "@": "cyan"}
            console.print(Text(line, style=styles.get(line[:1], "")))
    if not found:
        console.print("Every template is as bundled.")

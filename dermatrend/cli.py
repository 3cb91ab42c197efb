"""The command line: parse, call one workflow, print. Only typer is imported here at module level.

Exit codes: 0 ok, 1 error, 2 usage (a missing file or a folder among them), 3 some items failed,
4 integrity, 5 not comparable.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import Abort, TyperException

if TYPE_CHECKING:
    from analysis.errors import AnalysisError
    from analysis.records import RegionPlan

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Measure redness, texture and pigment in before and after photos of skin, "
    "each number with its noise.",
    epilog="Measures for record-keeping and cosmetic appearance tracking. Differences inside the stated band "
    "are not changes.",
)
models = typer.Typer(rich_markup_mode=None, help="The face model.")
app.add_typer(models, name="models")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Regions = Annotated[
    Path | None,
    typer.Option("--regions", metavar="FILE", help="Regions drawn by hand (JSON); no face is looked for."),
]
Treated = Annotated[
    list[str] | None,
    typer.Option("--treated", metavar="REGION...", help="Regions of the face that were treated."),
]
Reference = Annotated[
    list[str] | None,
    typer.Option("--reference", metavar="REGION...", help="Untreated regions of the face to compare with."),
]
Card = Annotated[bool, typer.Option("--card", help="Look for a colour card in every photo and use it.")]
CardCorners = Annotated[
    Path | None,
    typer.Option(
        "--card-corners", metavar="FILE", help="Corners of colour cards marked by hand (JSON), by photo."
    ),
]
Port = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Port to listen on.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"dermatrend {version('dermatrend')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def demo(port: Port = None) -> None:
    """Open the app with the sample course, in a workspace that is thrown away afterwards."""
    from dermatrend.serving import run_demo

    run_demo(port)


@app.command()
def serve(port: Port = None) -> None:
    """Serve the app on this machine (127.0.0.1)."""
    from dermatrend.serving import run_app
    from dermatrend.settings import load_settings

    run_app(load_settings(), port)


@app.command()
def analyse(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo.")],
    regions: Regions = None,
    card: Card = False,
    card_corners: CardCorners = None,
    json: Json = False,
) -> None:
    """Say what can be measured in one photo, and how good the photo is."""
    from dermatrend import card_commands, console, photo_commands, photo_files, photo_text
    from dermatrend.settings import load_settings

    file = photo_files.read_photo(photo)
    search = card_commands.card_search(card, card_corners, [file])
    plan = photo_files.read_plan(regions, (), (), scale_needed=search is None)
    from dermatrend.workers import WorkerPool

    pool = WorkerPool(load_settings())
    try:
        analysis = pool.analyse(file.data, plan, card=search)
    finally:
        pool.close()
    if json:
        console.write_json(photo_commands.analyse_document(analysis))
    else:
        console.write(photo_text.analyse_text(file.name, analysis))


@app.command()
def compare(
    photos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="BASELINE FOLLOW_UP...", help="One photo a session, the baseline first."),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option("--baseline", metavar="PHOTO...", help="Several shots of the baseline session."),
    ] = None,
    session: Annotated[
        list[str] | None,
        typer.Option("--session", metavar="PHOTO...", help="Several shots of a follow-up; once per session."),
    ] = None,
    regions: Regions = None,
    treated: Treated = None,
    reference: Reference = None,
    repeatability: Annotated[
        Path | None,
        typer.Option("--repeatability", metavar="FILE", help="A study of this person's own repeat shots."),
    ] = None,
    card: Card = False,
    card_corners: CardCorners = None,
    json: Json = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="OUT.pdf", help="Write a PDF report.")
    ] = None,
) -> None:
    """Compare follow-up photos with a baseline photo of the same skin.

    Example: dermatrend compare before.jpg week-6.jpg week-12.jpg --treated left_cheek right_cheek
    """
    from dermatrend import (
        card_commands,
        console,
        photo_commands,
        photo_files,
        photo_report,
        photo_text,
        repeat_commands,
    )
    from dermatrend.settings import load_settings

    first, sessions = photo_files.sort_photos(photos or [], baseline or [], session or [])
    search = card_commands.card_search(
        card, card_corners, [*first, *(photo for shots in sessions for photo in shots)]
    )
    plan = _plan(regions, treated, reference, scale_needed=search is None)
    own = repeat_commands.read_study(repeatability) if repeatability else None
    if report is not None:
        photo_report.check_report_path(report)
    from dermatrend.workers import WorkerPool

    pool = WorkerPool(load_settings())
    try:
        outcome = photo_commands.compare_files(
            pool, first, sessions, plan, console.progress_line(), own, search
        )
        try:
            if json:
                console.write_json(outcome.document)
            else:
                names = [[photo.name for photo in session] for session in sessions]
                console.write(photo_text.compare_text(names, outcome.comparisons))
        finally:  # who reads the answer may have gone, as in `| head`: the report is written even so
            code = outcome.exit_code
            if report is not None:
                code = photo_report.report_code(report, pool, plan, outcome, first, sessions, own, search)
    finally:
        pool.close()
    raise typer.Exit(code)


def _plan(
    regions: Path | None, treated: list[str] | None, reference: list[str] | None, *, scale_needed: bool = True
) -> RegionPlan:
    from dermatrend import console, photo_files

    return photo_files.read_plan(
        regions,
        [name for packed in treated or [] for name in console.split_list(packed)],
        [name for packed in reference or [] for name in console.split_list(packed)],
        scale_needed=scale_needed,
    )


@app.command()
def repeatability(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO PHOTO PHOTO...", help="Shots of the same skin, minutes apart."),
    ],
    regions: Regions = None,
    treated: Treated = None,
    reference: Reference = None,
    json: Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the study, for compare.")
    ] = None,
) -> None:
    """Find out how much your own photos differ when nothing has changed.

    Take three shots or more of the same skin within minutes. Put the camera down and pose anew for each.
    Example: dermatrend repeatability a.jpg b.jpg c.jpg d.jpg --out repeats.json, and then
    dermatrend compare before.jpg after.jpg --repeatability repeats.json
    """
    from dermatrend import console, repeat_commands
    from dermatrend.settings import load_settings

    shots = repeat_commands.read_shots(photos)
    plan = _plan(regions, treated, reference)
    if out is not None:
        repeat_commands.check_out_path(out)
    from dermatrend.workers import WorkerPool

    pool = WorkerPool(load_settings())
    try:
        study = repeat_commands.study_files(pool, shots, plan, console.progress_line())
    finally:
        pool.close()
    document = repeat_commands.study_document(study)
    if out is not None:
        repeat_commands.write_study(out, document)
        console.say(f"Study written: {out}")
    if json:
        console.write_json(document)
    else:
        console.write(repeat_commands.study_text(study, shots))
    raise typer.Exit(repeat_commands.exit_code(study))


@app.command("card")
def print_card(
    out: Annotated[Path, typer.Argument(metavar="OUT.pdf", help="Where the PDF is to be written.")],
) -> None:
    """Write a colour card to print (PDF, exact size): for photos without a bought card."""
    from dermatrend import card_commands, console

    card_commands.write_card(out)
    console.say(f"Card written: {out}")


@app.command()
def validate(
    quick: Annotated[
        bool, typer.Option("--quick", help="A minute of SkinDRO-1, held against the committed result.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="SkinDRO-1 with 1,000 untreated pairs per tone, about an hour.")
    ] = False,
    real: Annotated[bool, typer.Option("--real", help="Real photos with injected change.")] = False,
    photos: Annotated[
        Path | None, typer.Option("--photos", metavar="DIR", help="Where the real photos are.")
    ] = None,
    json: Json = False,
) -> None:
    """Check the measurement against known truth: SkinDRO-1 on synthetic skin, or real photos."""
    from dermatrend.console import Exit, UsageProblem

    if quick + full + real > 1:
        raise UsageProblem("More than one kind of validation was asked for", expected="one of them")
    if not real:
        from benchmarks.skindro import runner

        raise typer.Exit(runner.main("full" if full else "quick" if quick else "default", json))
    folder = photos or _photos_folder()
    if not (folder / "faces").is_dir():
        raise UsageProblem(
            "The real photos were not found",
            expected="a folder with faces/ and bad/ in it",
            got=str(folder),
            advice="Name it with --photos or the variable DERMATREND_PHOTOS",
        )
    from benchmarks import real_arm

    raise typer.Exit(real_arm.main(json, folder) or Exit.OK)


def _photos_folder() -> Path:
    import os

    import benchmarks

    named = os.environ.get("DERMATREND_PHOTOS")
    checkout = Path(benchmarks.__file__).resolve().parent.parent
    return Path(named) if named else checkout.parent / "shared" / "photos"


@app.command()
def bench(json: Json = False) -> None:
    """Measure the speed, as multiples of decoding the same photo."""
    from benchmarks import speed

    raise typer.Exit(speed.main(json))


@models.command("fetch")
def models_fetch(json: Json = False) -> None:
    """Fetch the face model, once, and check it byte by byte."""
    from dermatrend import console
    from dermatrend.face_models import MODEL_FILES, fetch_models
    from dermatrend.settings import load_settings

    folder = fetch_models(load_settings(), console.progress_line())
    if json:
        files = [{"name": file.name, "bytes": file.size, "sha256": file.sha256} for file in MODEL_FILES]
        console.write_json({"folder": str(folder), "files": files})


@app.command()
def erase(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Id or exact name of the person.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Erase a person: photos, pictures, measurements, everything. There is no way back."""
    from dermatrend import store_commands
    from dermatrend.settings import load_settings

    store_commands.erase(load_settings(), person, dry_run=dry_run, yes=yes, as_json_wanted=json)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. Every error ends here, as a message and a code."""
    from dermatrend.console import join_lists

    json_wanted = "--json" in arguments
    try:
        result = app(join_lists(arguments), standalone_mode=False, prog_name="dermatrend")
    except TyperException as error:
        from dermatrend.console import UsageProblem

        usage = UsageProblem(
            error.format_message(),
            expected="a command line as its help describes it",
            got=" ".join(["dermatrend", *arguments]),
            advice=f"Run: dermatrend {_command(arguments)}--help",
        )
        return _tell(usage, json_wanted)
    except (KeyboardInterrupt, Abort):
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as in `| head`
        sys.stderr.close()
        return 0
    except Exception as error:
        from analysis.errors import AnalysisError

        if not isinstance(error, AnalysisError):
            raise
        return _tell(error, json_wanted)
    return int(result or 0)


def _command(arguments: Sequence[str]) -> str:
    names = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    return next((f"{word} " for word in arguments[:1] if word in names), "")


def _tell(error: AnalysisError, json_wanted: bool) -> int:
    from dermatrend.console import report_error

    return report_error(error, as_json=json_wanted)


def main() -> None:
    """Entry point of the program `dermatrend`."""
    raise SystemExit(run(sys.argv[1:]))

"""The command line's entry: verbs, exit codes, and errors in three parts."""

from __future__ import annotations

import importlib
import os
import signal
import sys

import click

from gitless import __version__
from gitless.cli.output import fail, is_debug
from gitless.errors import DefectError, GitlessError, UsageError

EXIT_INTERRUPTED = 130


_VERBS = {
    "publish": "gitless.cli.publish:publish_command",
    "verify": "gitless.cli.verify:verify_command",
    "inspect": "gitless.cli.inspect:inspect_command",
    "identity": "gitless.cli.identity:identity_command",
    "promote": "gitless.cli.promote:promote_command",
    "rollback": "gitless.cli.promote:rollback_command",
    "history": "gitless.cli.history:history_command",
    "audit": "gitless.cli.audit:audit_command",
    "doctor": "gitless.cli.doctor:doctor_command",
    "action": "gitless.cli.action:action_command",
}


class _Verbs(click.Group):
    """The verbs, each loaded when it is asked for: a run pays for one of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order people meet them."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One verb; None where there is none of that name."""
        module, _, name = _VERBS.get(cmd_name, "").partition(":")
        command: click.Command | None = getattr(importlib.import_module(module), name) if module else None
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="gitless")
@click.option("--debug", is_flag=True, help="Say where errors come from; or set GITLESS_DEBUG=1.")
def cli(debug: bool) -> None:
    """Publish Kubernetes configuration as signed, described and verified OCI artifacts for Flux.

    Exit codes: 0 done; 1 a check said no; 2 wrong usage or configuration; 3 a remote service failed, worth a retry;
    4 a defect of gitless.
    """


def main() -> None:
    """Run the command line and exit with the verb's code; a second interrupt ends it at once."""
    signal.signal(signal.SIGINT, _interrupt)
    sys.exit(run(sys.argv[1:]))


def _interrupt(number: int, frame: object) -> None:
    # threads may still wait for a registry: whoever asks twice is not kept waiting, and nothing is lost by stopping
    signal.signal(signal.SIGINT, lambda *_: os._exit(EXIT_INTERRUPTED))
    raise KeyboardInterrupt


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every failure ends here, none as a traceback."""
    as_json, debug = "--json" in arguments, is_debug(arguments)
    verb = next((argument for argument in arguments if not argument.startswith("-")), "")
    try:
        code = cli.main(args=arguments, prog_name="gitless", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        words = f"gitless {verb}" if verb in _VERBS else "gitless"
        wrong = UsageError(
            "The command line is not understood.", why=error.format_message(), hint=f"See {words} --help."
        )
        return fail(verb, wrong, as_json=as_json, debug=debug)
    except (click.Abort, KeyboardInterrupt):
        interrupted = GitlessError("Interrupted.", hint="Run the same command again; it completes the work.")
        fail(verb, interrupted, as_json=as_json, debug=debug)
        return EXIT_INTERRUPTED
    except GitlessError as error:
        return fail(verb, error, as_json=as_json, debug=debug)
    except Exception as error:
        defect = _defect(error)
        defect.__cause__ = error
        return fail(verb, defect, as_json=as_json, debug=debug)
    return code if isinstance(code, int) else 0


def _defect(error: Exception) -> DefectError:
    # the type and the place are ours and safe to show; the message may hold anything and stays out
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown place"
    return DefectError(
        "gitless failed in a way it should not.",
        why=f"{type(error).__name__} at {place}",
        hint="Please report it with the command and this text.",
    )

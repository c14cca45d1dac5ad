"""The command line: one file a command, thin. `main` turns errors into one clear line."""

import sys

from digest.errors import DigestError


def main() -> None:
    """Runs `digest`. Exits 0; 1 with one line on standard error; 2 for a wrong command line."""
    from digest.cli.root import app

    try:
        app(standalone_mode=False)
    except DigestError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("stopped")
    except SystemExit:
        raise
    except Exception as error:
        import click

        if isinstance(error, click.exceptions.Abort):
            fail("stopped")
        if isinstance(error, click.ClickException):
            error.show()
            sys.exit(error.exit_code)
        if isinstance(error, click.exceptions.Exit):
            sys.exit(error.exit_code)
        raise


def fail(line: str) -> None:
    """Says what is wrong in one line and exits with 1."""
    sys.stderr.write(f"digest: {line}\n")
    sys.exit(1)

"""Start the command line with `python -m gitless`."""

from gitless.cli.main import main

if __name__ == "__main__":
    main()

"""`python -m dermatrend`."""

from dermatrend.cli import main

if __name__ == "__main__":  # spawned workers import this file again
    main()

"""``python -m ironkeep`` is the same command as ``ironkeep``."""

from ironkeep.programs.main import main

if __name__ == "__main__":
    main()

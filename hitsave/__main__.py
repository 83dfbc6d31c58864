"""`python -m hitsave`: the same as `hitsave`."""

from hitsave.start import main

if __name__ == "__main__":
    main()

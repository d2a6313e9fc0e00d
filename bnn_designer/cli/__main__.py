"""``python -m bnn_designer.cli``."""

from bnn_designer.cli.main import main

if __name__ == "__main__":
    main(prog_name="bnn-designer")

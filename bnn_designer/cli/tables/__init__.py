"""What the commands print in the terminal: each a function of plain values and a console."""

"""What several pages use: state of a browser tab, forms, charts, words and colors."""

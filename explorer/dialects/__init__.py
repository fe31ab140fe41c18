"""Other tools' words: lists of noise levels as they write them."""

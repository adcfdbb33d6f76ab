"""``index.html``: one page that opens from disk, with scores, figures and sounds."""

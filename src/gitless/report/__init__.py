"""One result rendered several ways: terminal text, JSON, Markdown. Foreign text stays text."""

"""The language of a report: words under keys, and findings told anew from what they state."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stemkit.texts import explanation, render
from stemkit.texts.language import DEFAULT, page_words

# a report may come from anybody; a code names a file
_CODE = re.compile(r"[A-Z]{3}\d{3}")


@dataclass(frozen=True, slots=True)
class _Said:
    code: str
    condition: str
    observed: Any
    expected: Any
    unit: str | None
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Speech:
    """Speaks one language; English is what reports and rules were written in."""

    lang: str = DEFAULT

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the words of a key; where number decides, ``n`` does."""
        words = page_words(self.lang)[key]
        if isinstance(words, Mapping):
            words = words["one"] if values.get("n") == 1 and "one" in words else words["other"]
        return str(words.format(**values)) if values else str(words)

    def has(self, key: str) -> bool:
        """Tell whether there are words for a key that data brought along."""
        return key in page_words(self.lang)

    def role(self, role: str | None) -> str:
        """Return the word for a role."""
        return self(f"role_{role}") if role and self.has(f"role_{role}") else role or ""

    def severity(self, severity: str) -> str:
        """Return the word for a severity."""
        return self(f"severity_{severity}") if self.has(f"severity_{severity}") else severity

    def told(self, finding: Mapping[str, Any]) -> tuple[str, str]:
        """Return message and advice of a finding in this language.

        What cannot be told again, because it is from another version, stands as it was written.
        """
        written = finding["message"], finding.get("advice") or ""
        if self.lang == DEFAULT or "condition" not in finding or not _CODE.fullmatch(str(finding["code"])):
            return written
        facts = (finding.get(key) for key in ("code", "condition", "observed", "expected", "unit", "params"))
        code, condition, observed, expected, unit, params = facts
        try:
            return render(_Said(code, condition, observed, expected, unit, params or {}), self.lang)  # type: ignore[arg-type]
        except (LookupError, OSError, ValueError, TypeError):
            return written

    def explained(self, code: str) -> tuple[str, str, str, str] | None:
        """Return title, what, why and how of a rule, `None` for a code that this version does not know."""
        for lang in (self.lang, DEFAULT) if _CODE.fullmatch(code) else ():
            try:
                text = explanation(code, lang)
            except (OSError, LookupError):
                continue
            return text.title, text.what, text.why, text.how
        return None

    def script_words(self) -> str:
        """Return the words that the page's script says, as JSON."""
        words = {
            key.removeprefix("live_"): text for key, text in page_words(self.lang).items() if key.startswith("live_")
        }
        return json.dumps(words, ensure_ascii=False)

"""What the API's shapes are built of. Imported when people first ask for something: a webhook needs no shapes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import MISSING, AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from sync_core.handlers.whole_numbers import LARGEST_ID, whole_number


class Body(BaseModel):
    """What people send: nothing is guessed, and a member that is not known is refused.

    A member's description completes "must be ...": it is what people are told where the member is wrong.
    """

    # As str.strip() knows them, so that no text of unusual spaces counts as one that says something.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, regex_engine="python-re")


class Query(BaseModel):
    """What an address says after its question mark: texts; one that is empty or not known counts as left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Answer(BaseModel):
    """What is answered. It may come to say more: whoever reads it leaves alone what they do not know."""

    model_config = ConfigDict(frozen=True, defer_build=True)


def text(longest: int, default: Any = ..., description: str | None = None) -> Any:
    """A member whose text says something."""
    return Field(default, min_length=1, max_length=longest, pattern=r"\S", description=description)


def sometimes(description: str | None = None) -> Any:
    """A member of an answer that is not always there."""
    return Field(default=MISSING, description=description)


# A vendor's number for something, in a body.
Number = Annotated[int, Field(gt=0, lt=2**53)]
# The same in an address, where it is a text.
NumberText = Annotated[int, BeforeValidator(whole_number), Field(ge=0, le=LARGEST_ID)]
# Only this one word means yes.
FlagText = Annotated[bool, BeforeValidator(lambda given: given == "true")]
Stripped = Annotated[str, AfterValidator(str.strip)]
Next = Annotated[str | None, Field(description="Where the next page begins; null on the last one.")]

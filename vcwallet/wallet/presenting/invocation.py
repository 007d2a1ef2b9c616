# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A request that a wallet was invoked with, and what can be said to it (OpenID4VP 1.0, sections 8 and 9)."""

from __future__ import annotations

from dataclasses import dataclass, field

from vcwallet.claims import JsonValue
from vcwallet.errors import VcError
from vcwallet.protocols.exchange import AnswerTarget
from vcwallet.protocols.openid4vp.digital_credentials import DcApiRequest, answer_data
from vcwallet.protocols.openid4vp.error_response import ErrorCode, ErrorResponse, error_for
from vcwallet.protocols.openid4vp.response import Response
from vcwallet.wallet.prompt import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A request of somebody who can be answered; the person decides, also where there is nothing to show.

    Until the person has done something, the verifier is told nothing.  So whoever asks cannot tell a wallet that has
    nothing from a person who says no, or is away.

    Attributes:
        outcome: what the person decides about; or why the request must not or cannot be answered, for the person alone.
        request: the request as it came.
        target: where an error is told.
        state: what goes back beside it.
    """

    outcome: Prompt | VcError = field(repr=False)
    request: DcApiRequest = field(repr=False)
    target: AnswerTarget
    state: str | None = field(repr=False)

    @property
    def prompt(self) -> Prompt | None:
        """What the person decides about; None where the request must not or cannot be answered."""
        return self.outcome if isinstance(self.outcome, Prompt) else None

    @property
    def refusal(self) -> VcError | None:
        """Why the request must not or cannot be answered; None where there is a prompt."""
        return self.outcome if isinstance(self.outcome, VcError) else None

    @property
    def error(self) -> ErrorCode:
        """What the verifier is told of a request that is not answered: ``access_denied`` for all that is not wrong."""
        return ErrorCode.ACCESS_DENIED if self.refusal is None else error_for(self.refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes to a verifier; of what is disclosed in it, the history knows already.

    Attributes:
        content: the presentations, or an error.
        target: where it goes.
    """

    content: Response | ErrorResponse = field(repr=False)
    target: AnswerTarget

    @property
    def is_posted(self) -> bool:
        """Whether it is sent to an address of the verifier; if not, it goes back on the way that the request came."""
        return self.target.uri is not None

    def dc_api_data(self) -> dict[str, JsonValue]:
        """Return it as what the platform hands to the page that asked, encrypted where that was asked for.

        Raises:
            LimitExceededError: an encrypted answer would be longer than 1 MiB.
            ValueError: it is posted.
        """
        if self.is_posted:
            raise ValueError("this answer is posted")
        return answer_data(self.content, target=self.target)

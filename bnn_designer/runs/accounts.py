"""Whose a row of the store is: an account's, which stands for somebody who signed in, or nobody's in particular.

A store, or its drafts, that was opened for an account shows and changes what is that account's and nothing else: an id
of somebody else's is refused in the words for one that does not exist. Without an account, as commands and workers open
it, it is the machine's administrator's and has everything. What was made without a sign-in is the administrator's.
"""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import ColumnElement, Table, true

#: Characters of an account.
ACCOUNT_LENGTH = 32


def account_of(issuer: str, subject: str) -> str:
    """The account of an identity of OpenID Connect: 128 bits of a SHA-256 of both, as hex digits.

    A subject is unique within its issuer and never given to somebody else (OpenID Connect Core 1.0, section 2); names
    and addresses are neither. A hash, as some providers' subjects say who somebody is.
    """
    return hashlib.sha256(json.dumps([issuer, subject]).encode()).hexdigest()[:ACCOUNT_LENGTH]


def belongs_to(table: Table, account: str | None) -> ColumnElement[bool]:
    """Whether a row of a table with a column ``account`` is an account's; of the administrator's store every row is."""
    return true() if account is None else table.c.account == account

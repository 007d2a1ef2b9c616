# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet's own sentences to the person, in English and Japanese; names, labels and purposes come from the registry.

>>> from vcwallet.wallet.phrases import phrase
>>> phrase("DAYS", "ja-JP", days=30)
'30日間'
"""

from __future__ import annotations

from types import MappingProxyType

_PHRASES = MappingProxyType(
    {
        "VERIFIED_BY": {
            "en": "registered access certificate, trusted list {sequence}",
            "ja": "登録済みのアクセス証明書（トラストリスト第{sequence}号）",
        },
        "DAYS": {"en": "{days} days", "ja": "{days}日間"},
        "NOT_STATED": {"en": "not stated", "ja": "記載なし"},
        "GUARDED_CLAIM": {
            "en": "{label} invites discrimination, or recognising you elsewhere",
            "ja": "{label}は、差別や名寄せにつながるおそれがあります",
        },
        "SPECIAL_CARE_CLAIM": {"en": "{label} is of special care", "ja": "{label}は、特に配慮を要する情報です"},
        "LIMITED_CLAIM": {
            "en": "{label} may be asked for only where a statute allows it, as it does here",
            "ja": "{label}は、法令が認める場合に限り求めることができる情報です（今回は該当します）",
        },
        "VETTED_SIGNED_METADATA": {
            "en": "a registered issuer has signed this offer's details",
            "ja": "登録済みの発行者による署名を確認しました",
        },
        "VETTED_KNOWN_ISSUER": {
            "en": "an issuer that this wallet knows by its address",
            "ja": "このウォレットが把握している発行者です",
        },
        "ISSUER_NOT_VETTED": {
            "en": "Nobody vouches for {host}; do not enter codes or personal data there",
            "ja": "{host}は確認できない発行者です。暗証番号や個人情報を入力しないでください",
        },
        "TYPE_NOT_KNOWN": {
            "en": "{name}: only the issuer itself calls it that",
            "ja": "{name}：発行者が自ら付けた名称です",
        },
        "NOT_COLLECTABLE": {
            "en": "{name}: this wallet cannot take it",
            "ja": "{name}：このウォレットでは受け取れません",
        },
        "PREDICATE_AVAILABLE": {
            "en": "{label}: a claim that says less may serve as well",
            "ja": "{label}：より少ない情報で足りる可能性があります",
        },
    }
)


def phrase(key: str, language: str, **values: object) -> str:
    """Return a sentence in Japanese where the language is Japanese, and in English otherwise."""
    spoken = "ja" if language.partition("-")[0].lower() == "ja" else "en"
    return _PHRASES[key][spoken].format(**values)

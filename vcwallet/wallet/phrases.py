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
        "VERIFIED_BY_KEY": {"en": "registered; its key is known by {way}", "ja": "登録済み（鍵は{way}により確認）"},
        "BY_ATTESTATION": {"en": "an attestation of the registrar", "ja": "登録機関の証明"},
        "BY_DID": {"en": "its DID", "ja": "DID"},
        "BY_FEDERATION": {"en": "a federation", "ja": "フェデレーション"},
        "BY_AGREEMENT": {"en": "an agreement", "ja": "取り決め"},
        "VERIFIED_BY_ADDRESS": {
            "en": "registered; its address is known: {address}",
            "ja": "登録済み（アドレスにより確認：{address}）",
        },
        "REQUEST_UNSIGNED": {
            "en": "Nobody has signed this request; what is known is that the answer goes to {address}",
            "ja": "この要求には署名がありません。確認できるのは、回答の送信先が{address}であることだけです",
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
        "COPY_REUSED": {
            "en": "{name}: another verifier may have seen this copy, and could find out that it was you",
            "ja": "{name}：他の相手方に提示した可能性のあるものです。照合により同一人物と分かるおそれがあります",
        },
        "AMONG_WAYS": {
            "en": "Of {count} ways to answer, this one {because}",
            "ja": "{count}通りの回答方法のうち、{because}",
        },
        "AMONG_CREDENTIALS": {
            "en": "{name}: of {count} that could answer, this one {because}",
            "ja": "{name}：回答に使える{count}件のうち、{because}",
        },
        "AMONG_CLAIM_SETS": {
            "en": "{name}: of {count} combinations of claims that would do, this one {because}",
            "ja": "{name}：認められる{count}通りの項目の組み合わせのうち、{because}",
        },
        "FEWER_GUARDED": {
            "en": "shows fewer guarded claims than the next best ({chosen}, not {second})",
            "ja": "次の候補より慎重な扱いを要する項目が少ないものです（{second}項目ではなく{chosen}項目）",
        },
        "FEWER_CLAIMS": {
            "en": "shows fewer claims than the next best ({chosen}, not {second})",
            "ja": "次の候補より開示する項目が少ないものです（{second}項目ではなく{chosen}項目）",
        },
        "FEWER_VALUES": {
            "en": "shows fewer values than the next best ({chosen}, not {second})",
            "ja": "次の候補より開示する値が少ないものです（{second}件ではなく{chosen}件）",
        },
        "FEWER_CREDENTIALS": {
            "en": "shows fewer credentials than the next best ({chosen}, not {second})",
            "ja": "次の候補より提示する証明書が少ないものです（{second}通ではなく{chosen}通）",
        },
        "PREFERRED": {
            "en": "shows as little as any other, and the verifier prefers it",
            "ja": "開示が最も少ないものの中で、相手方が優先するものです",
        },
        "FIRST": {
            "en": "shows as little as any other, and comes first in the wallet",
            "ja": "開示が最も少ないものの中で、ウォレットの先頭にあるものです",
        },
        "LEFT_OUT": {
            "en": "{name}: asked for as well, and not needed for an answer",
            "ja": "{name}：求められていますが、提示しなくても回答できます",
        },
        "MISSING_FORMAT_NOT_ASKED": {
            "en": "{name}: you have none that can answer",
            "ja": "{name}：回答に使えるものをお持ちではありません",
        },
        "MISSING_TYPE_NOT_ASKED": {
            "en": "{name}: you have none that can answer",
            "ja": "{name}：回答に使えるものをお持ちではありません",
        },
        "MISSING_HOLDER_BINDING_MISSING": {
            "en": "{name}: yours cannot be shown to be yours",
            "ja": "{name}：お持ちのものは、ご本人のものであることを示せません",
        },
        "MISSING_AUTHORITY_NOT_ASKED": {
            "en": "{name}: yours is from an issuer that is not asked for",
            "ja": "{name}：お持ちのものは、求められている発行者のものではありません",
        },
        "MISSING_TRANSACTION_NOT_AUTHORISED": {
            "en": "{name}: yours cannot be used to authorise what is asked for",
            "ja": "{name}：お持ちのものでは、求められている取引を承認できません",
        },
        "NOTHING_AUTHORISES": {
            "en": "What you have cannot be used to authorise what is asked for",
            "ja": "お持ちのものでは、求められている取引を承認できません",
        },
        "TOO_LARGE": {
            "en": "What is asked for is too large for one answer",
            "ja": "求められている内容は、一度に回答できる大きさを超えています",
        },
        "MISSING_CLAIMS_MISSING": {
            "en": "{name}: yours does not say what is asked for",
            "ja": "{name}：お持ちのものには、求められている内容がありません",
        },
    }
)


def phrase(key: str, language: str, **values: object) -> str:
    """Return a sentence in Japanese where the language is Japanese, and in English otherwise."""
    spoken = "ja" if language.partition("-")[0].lower() == "ja" else "en"
    return _PHRASES[key][spoken].format(**values)

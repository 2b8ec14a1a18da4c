"""Names of columns as programs and languages have them: which answer, which count the rows, which say nothing."""

from __future__ import annotations

import re
import unicodedata

# Names of columns that answer, the surer ones first: where one of a line is there, the next line is not looked at.
ANSWERS = (
    frozenset(
        re.findall(
            r"\w+",
            "answer answers output outputs response completion reply label labels target gold expected prediction "
            "summary translation chosen highlights truth antwort ausgabe zusammenfassung reponse etiquette respuesta "
            "risposta antwoord resposta odpowiedz odpoved svar vastaus cevap ответ метка відповідь απάντηση 回答 答案 "
            "答え 正解 出力 要約 ラベル 输出 摘要 标签 標籤 답변 정답 출력 요약 라벨",
        )
    ),
    frozenset(
        re.findall(
            r"\w+",
            "category categories class classification topic topics intent intents sentiment tag tags priority urgent "
            "urgency spam toxic supported kategorie klasse thema dringend categorie categoria etiqueta classe "
            "категория тема カテゴリ カテゴリー 分類 分类 类别 類別 카테고리 분류",
        )
    ),
)
# Numbers under these names count what a row has.
PLURALS = frozenset({"answers", "outputs", "labels", "categories", "topics", "intents", "tags"})
MODELS, SPLITS = frozenset({"model", "llm", "model_name"}), frozenset({"split", "subset", "partition"})
# A subject and a text are a mail that was written where it also stands to whom; else they are a message that came in.
MAIL, RECIPIENTS = (
    frozenset({"subject", "body"}),
    frozenset({"company", "prospect", "sector", "industry", "recipient", "firma", "branche", "entreprise", "empresa"}),
)
# Lists that people lay beside a text.
BESIDE = frozenset({"reactions", "attachments", "links", "comments", "likes"})
# Words that answer before what they made (`draft_email`), and not before when, where or by whom (`draft_id`).
_MADE = frozenset({"draft", "generated"})
# Words behind which a name tells of an answer, and is one where no other column answers.
PROPERTIES = frozenset({"type", "score", "length", "version", "language"})
_ABOUT = PROPERTIES | {
    "id", "ids", "at", "on", "by", "date", "time", "status", "url", "link", "reason", "count", "user", "users",
}  # fmt: skip
# Texts that answer others, which a label beside them judges.
REPLIES = frozenset({"completion", "response", "output", "answer", "reply"})
# Names of what a text comes to, and of a title where they stand before it, as in Jira's tickets.
SUMMARIES = frozenset({"summary", "zusammenfassung"})
# Words that answer alone or behind others: a `chosen_plan` is a fact.
_LAST = frozenset({"chosen", "highlights", "truth"})
_HOLDERS = frozenset({"text", "body", "content", "message", "name"})
# Labels whose shares programs write, each in a column of its own.
_SCORED = frozenset(
    re.findall(r"\w+", "toxicity insult threat hate anger fear joy sadness positive negative prob probability")
)
_OF_CODES = frozenset({"id", "code"})
# Names that say nothing, such as those of columns without a header.
_BLANK = re.compile(r"(?:column|col|field|var|[vcxf])?_?\d*")
COUNTS = re.compile(
    rf"{_BLANK.pattern}|unnamed_\d+|index_level_\d+|(?:(?:old|row|line|sr?|serial|lfd)_?)?(?:index|idx|row|line|nr|no|num|number)"
)


def is_called(field: str, name: str, words: frozenset[str], *, is_few: bool) -> bool:
    """Report whether a column's name has one of these words at its beginning or end.

    Args:
        field: The name as the task has it.
        name: The name as the file has it.
        is_few: Its values are few and recur.
    """
    parts = field.split("_")
    # Names in letters that a field has not.
    whole = re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold())
    # A `response_time` is no response; a `category_id` names the category where it recurs.
    is_about = parts[-1] in _ABOUT and not (parts[-1] == "id" and is_few)
    first = set() if is_about else {parts[0], *whole[:1]} - _LAST
    # What a `company_reply_text` holds is the reply.
    named = parts[:-1] if parts[-1] in _HOLDERS else parts
    return bool(({*named[-1:], parts[-1], *whole[-1:]} | first) & words)


def is_label(field: str) -> bool:
    """Report whether a name says no more than that it is a label, as `target` and `category_id` do."""
    return bool(set(field.split("_")) - _OF_CODES) and set(field.split("_")) - _OF_CODES <= frozenset().union(*ANSWERS)


def is_key(field: str) -> bool:
    """Report whether a name says that it tells rows or things apart, as `thread_id` does."""
    return field.split("_")[-1] in ("id", "ids")


def is_holder(field: str) -> bool:
    """Report whether a name says no more than that an object holds the row, as Airtable's and Jira's `fields` does."""
    return field in ("fields", "properties", "source", "node", "record", "row")


def is_count(field: str) -> bool:
    """Report whether a name says how many there are, as `answers` of a forum's thread and `label_count` do."""
    return not PLURALS.isdisjoint(field.split("_")) or field.split("_")[-1] == "count"


def is_asked(field: str) -> bool:
    """Report whether a name asks for yes or no, as `is_duplicate` does."""
    return field.split("_")[0] in ("is", "has")


def is_scored(field: str) -> bool:
    """Report whether a name says how sure a label is, as `severe_toxicity` does; a `discount` does not."""
    return not _SCORED.isdisjoint(field.split("_"))


def is_rate(field: str) -> bool:
    """Report whether a name says that a share tells a row, such as `upvote_ratio`, and no label."""
    return field.split("_")[-1] in ("ratio", "rate", "share", "confidence")


def is_made(field: str) -> bool:
    """Report whether a name says that a machine wrote it, as in `draft_email`."""
    parts = field.split("_")
    return parts[0] in _MADE and parts[-1] not in _ABOUT


def is_lost(field: str) -> bool:
    """Report whether a name says that another text was chosen."""
    parts = field.split("_")
    return "rejected" in (parts[0], parts[-1]) and parts[-1] not in _ABOUT


def is_blank(field: str) -> bool:
    """Report whether a name says nothing, such as that of a column without a header."""
    return _BLANK.fullmatch(field) is not None

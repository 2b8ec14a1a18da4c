"""The sorts of document the demo student reads before it is tuned, and their set phrases.

Each genre says how it is asked for, in which grammatical person it speaks, and which sentences without facts may
stand between those that state some. None is an outreach or sales letter.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Genre:
    """One sort of document; texts may hold `[a|b]` choices."""

    requests: tuple[str, ...]
    titles: tuple[str, ...]
    glue: tuple[str, ...]
    persons: tuple[str, ...] = ("third",)
    greetings: tuple[str, ...] = ()
    is_signed: bool = False


_DEAR: Final = (
    "Dear {{reader.name}},",
    "Dear {{member.first_name}},",
    "Dear {{guest.name}},",
    "Good morning {{colleague.first_name}},",
    "{{member.name}},",
)

GENRES: Final = (
    Genre(
        requests=(
            "Write [a short|a|the] profile.",
            "Describe the {noun} in [plain|simple] words.",
            "Write an encyclopedia entry.",
            "Profile of this {noun}, please.",
        ),
        titles=("A short profile", "In brief", "Portrait"),
        glue=(
            "This [profile|entry] [is short|will be extended|rests on one sheet].",
            "Little else is [known|written down].",
            "[Sources|Records] agree on [this|the main points].",
            "That is [unusual|common] for a place of this kind.",
            "The rest is [a matter of taste|for others to tell].",
        ),
    ),
    Genre(
        requests=(
            "Write [a|the] news note.",
            "Turn the sheet into a short news item.",
            "Write three lines for the [paper|local page].",
        ),
        titles=("In the news", "News in short", "From the region"),
        glue=(
            "[Our reporter|The paper] could not [learn|find out] more.",
            "More will [follow|be printed] in the next issue.",
            "Nobody was [hurt|surprised].",
            "[Neighbours|Readers] had [asked|written] about it for [weeks|some time].",
            "[It rained all day|The sun was out], but that did not matter.",
        ),
    ),
    Genre(
        requests=("Write [the|a] [minutes|record].", "Write the minutes of the meeting.", "Put this into the minutes."),
        titles=("Minutes", "Record of the meeting"),
        glue=(
            "[Nobody|No one] [objected|had questions].",
            "The [point|item] was [closed|put off|taken up again].",
            "A short [break|pause] followed.",
            "The list of open points was [read out|checked].",
            "Thanks went to [the hosts|all who helped].",
        ),
        persons=("third", "we"),
    ),
    Genre(
        requests=("Write a[n internal|] memo.", "Write a note to the team.", "Write [a|the] memo for colleagues."),
        titles=("To all teams", "A note", "For your files"),
        glue=(
            "[Please|Kindly] [keep this on file|pass this on|read it with care].",
            "[Thank you|Thanks] for [your patience|the good work|reading].",
            "We [will|shall] [come back to this|look at it again] [soon|next month].",
            "I [know|see] that [this is short|the days are full].",
            "It helps [all of us|the whole house] to [know this|have it in one place].",
            "That is why I [mention it|write it down] here.",
        ),
        persons=("we", "third", "you"),
        greetings=("Dear all,", "Dear colleagues,", "Team,", "Good morning {{colleague.first_name}},"),
        is_signed=True,
    ),
    Genre(
        requests=(
            "Write [a|the] letter to the member.",
            "Write the confirmation.",
            "Write [a|the] letter that confirms the entry.",
            "Answer the letter of the member.",
        ),
        titles=("Your entry", "Confirmation", "What we have on file"),
        glue=(
            "We have [read|checked] your [form|letter] and [noted|kept] what follows.",
            "[This is what|Here is what] our [files|records] say.",
            "[Nothing else|No other step] is needed [for now|from your side].",
            "If a line is wrong, [tell|write to] the [office|desk].",
            "[Many|] thanks for [sending the form|your letter|your patience].",
            "It is good to [have you with us|hear from you].",
            "May I [say|add] that [the form was clear|this was easy to read]?",
            "Is [all of this|that] still [right|true]?",
        ),
        persons=("you",),
        greetings=_DEAR,
        is_signed=True,
    ),
    Genre(
        requests=("Write [a|the] letter of congratulation.", "Write a note of thanks.", "Write the jury's letter."),
        titles=("Congratulations", "With thanks", "From the jury"),
        glue=(
            "We [were|are] [glad|happy|pleased] to [read|see|hear] [it|this|of it].",
            "The [jury|board] [liked|praised] [the clear form|the care in every line].",
            "[Few|Not many] can say [so|that].",
            "You can be [proud|glad].",
            "We [wish you|hope for] [a good year|many more years].",
            "[How did you do it|Who would have thought so]?",
        ),
        persons=("you",),
        greetings=_DEAR,
        is_signed=True,
    ),
    Genre(
        requests=("Write [a|the] public notice.", "Write the notice for the board.", "Write [an|the] announcement."),
        titles=("Notice", "Please note", "Announcement"),
        glue=(
            "[Please|Kindly] [note the change|mind the step|keep the door shut].",
            "The office is [closed|open] at noon.",
            "[Dogs|Children] are welcome.",
            "This notice [replaces|follows] the last one.",
        ),
        persons=("third", "we"),
    ),
    Genre(
        requests=(
            "Write [a|the] [catalogue|directory|guide] entry.",
            "Write the label.",
            "Write a museum label.",
            "Write the entry for the [guide|register].",
        ),
        titles=("Entry", "From the catalogue"),
        glue=(
            "See also the [next page|plan at the door].",
            "[Photographs|Drawings] are [allowed|kept in the archive].",
            "The [entry|text] was [checked|revised].",
        ),
    ),
    Genre(
        requests=(
            "Summarise the sheet.",
            "Write a summary in [one paragraph|a few sentences].",
            "Summarise the report.",
            "Sum up.",
        ),
        titles=("Summary", "The main points"),
        glue=(
            "In short, [that is all|little is missing].",
            "The [rest|detail] is [left out|in the annex].",
            "[Overall|All in all], the picture is [clear|mixed].",
        ),
    ),
    Genre(
        requests=("Write an invitation to the [open day|evening|tour].", "Invite the guests.", "Write the invitation."),
        titles=("Invitation", "An evening with friends", "Be our guest"),
        glue=(
            "You are [warmly|kindly] invited.",
            "[Coffee|Tea|Bread] will be [served|there].",
            "We [hope|would be glad] to [see you|have you with us].",
            "[Friends|Families] are welcome too.",
        ),
        persons=("third", "we", "you"),
        greetings=_DEAR,
        is_signed=True,
    ),
    Genre(
        requests=(
            "Write a diary entry.",
            "Tell the story.",
            "Write a short tale about the {noun}.",
            "Tell a child about it.",
        ),
        titles=("A short tale", "From a diary"),
        glue=(
            "The [wind|rain|light] was [soft|strong] that day.",
            "I [went|walked] [home|to the harbour] and [thought about it|slept well].",
            "Who [knows|can say] what comes next?",
            "[An old man|A girl|My aunt] [laughed|nodded|asked why].",
            "And so it [went on|ended].",
        ),
        persons=("third", "we", "you"),
    ),
)

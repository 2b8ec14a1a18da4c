"""The help pages of the fictional planning board, and what customers write about them. Tables only.

`{mine}` and `{plan}` are the limit and the plan of the customer who asks, `{first}` and `{second}` the limits of both plans
as a page tells them.
"""

from typing import NamedTuple


class HelpTopic(NamedTuple):
    """One thing customers ask about.

    Attributes:
        title: What the ticket is called, in a few wordings.
        limits: The sentence of the page with a limit by plan.
        problems: What the customer writes.
        steps: What to do, as an answer tells it.
        mine: The limit of the customer's plan, as an answer tells it.
        values: Least and greatest limit.
    """

    title: tuple[str, ...]
    page: tuple[str, ...]
    limits: tuple[str, ...]
    problems: tuple[str, ...]
    steps: tuple[str, ...]
    mine: tuple[str, ...]
    values: tuple[int, int]


HELP = (
    HelpTopic(
        ("Board deleted by mistake", "Where is our board?", "Board gone"),
        (
            "A deleted board lies in the bin. Open Boards, choose Bin and press Restore; cards and files come back with it.",
            "Boards that were deleted wait in the bin: under Boards there is Bin, and Restore brings a board back whole.",
        ),
        ("On Team the bin keeps them for {first} days, on Works for {second} days.",),
        (
            "somebody here deleted our main board this morning. Can we get it back?",
            "our board is gone, I think a new colleague removed it. Is all of it lost?",
            "I pressed delete on the wrong board, how do I undo that?",
        ),
        (
            "your board is in the bin: open Boards, choose Bin and press Restore, and its cards and files come back.",
            "nothing is lost. Under Boards you find Bin; Restore there brings the whole board back.",
            "Boards, then Bin, then Restore: that brings back the board with all that was on it.",
        ),
        ("On {plan} it stays there for {mine} days.", "You have {mine} days for that on {plan}."),
        (10, 90),
    ),
    HelpTopic(
        ("Adding people", "New colleagues cannot get in", "More seats"),
        (
            "To add people open Settings, choose People and press Invite. An invitation by mail can be used once.",
            "People come in by invitation: Settings, People, Invite. Each mail works for one person, once.",
        ),
        ("Team has room for {first} people and Works for {second}.",),
        (
            "we have three new planners and none of them can sign in. What do we have to do?",
            "how do I add a colleague to our boards?",
            "my colleague used the invitation I got and it says it is used up. What now?",
        ),
        (
            "please send each of them an invitation of their own: Settings, People, Invite. One mail works once.",
            "open Settings, choose People and press Invite for each new colleague, as an invitation can be used only once.",
            "everybody needs their own invitation, from Settings, People, Invite.",
        ),
        ("On {plan} there is room for {mine} people.", "{plan} lets you have {mine} people."),
        (12, 80),
    ),
    HelpTopic(
        ("Import stops", "Our list does not load", "File too large"),
        (
            "Orders come in from a file under Orders, Import. The first line names the columns; dates are written day first.",
            "Under Orders there is Import for a file. It wants a first line with names of columns, and dates with the day first.",
        ),
        ("A file may have {first} thousand lines on Team, {second} thousand on Works.",),
        (
            "the import of our order list stops with an error in line 1. What is wrong with our file?",
            "we try to load our orders from a sheet and all dates come out wrong.",
            "loading our list fails each time. Is it too long, or is it the dates?",
        ),
        (
            "please check two things under Orders, Import: the first line has to name the columns, and dates begin with the "
            "day.",
            "Import, under Orders, takes a file whose first line names the columns and whose dates are written day first.",
            "it is most likely the first line or the dates: Import under Orders wants names of columns on top, and the day "
            "first.",
        ),
        ("On {plan} a file may have {mine} thousand lines.", "Up to {mine} thousand lines are allowed on {plan}."),
        (2, 40),
    ),
    HelpTopic(
        ("Invoice", "Wrong address on the bill", "Where are our invoices?"),
        (
            "Invoices lie under Settings, Billing. A new address holds from the next invoice on; old ones are not changed.",
            "Under Settings, Billing all invoices can be loaded down. A changed address is used from the next invoice on.",
        ),
        ("They are kept there for {first} months on Team and for {second} months on Works.",),
        (
            "our address has changed, can you correct it on the last invoice?",
            "where do I find the invoices of this year?",
            "the bill still shows our old address. Who can change that?",
        ),
        (
            "you find all invoices under Settings, Billing. A new address is used from the next one on; older ones stay as "
            "they are.",
            "please enter the address under Settings, Billing, where the invoices are too. It holds from the next invoice "
            "on.",
            "Settings, Billing has your invoices and your address; those already written are not changed.",
        ),
        ("On {plan} they are kept for {mine} months.", "{plan} keeps them there for {mine} months."),
        (12, 84),
    ),
    HelpTopic(
        ("Sign-in fails", "Locked out", "Password"),
        (
            "Whoever has forgotten a password presses Send a link on the sign-in page. After five wrong tries the account rests.",
            "Send a link on the sign-in page brings a new password by mail. Five wrong tries make the account rest.",
        ),
        ("It rests for {first} minutes on Team and for {second} minutes on Works.",),
        (
            "I tried my password a few times and now I am locked out. Please help, our shift starts soon.",
            "the sign-in does not take my password any more and now shows nothing but a padlock.",
            "how long do I have to wait after too many wrong passwords?",
        ),
        (
            "after five wrong tries an account rests for a while. Press Send a link on the sign-in page for a new password.",
            "your account is resting after five wrong tries; then Send a link, on the sign-in page, gives you a new password.",
            "please wait a little, as five wrong tries make an account rest, and then press Send a link on the sign-in page.",
        ),
        ("On {plan} that takes {mine} minutes.", "The wait is {mine} minutes on {plan}."),
        (6, 60),
    ),
    HelpTopic(
        ("Reports by mail", "Monday report missing", "Report to the boss"),
        (
            "Reports go out by mail under Reports, Send on a day. They go to people of the board, never to others.",
            "Under Reports there is Send on a day: a report goes by mail to those who belong to the board, and to nobody else.",
        ),
        ("Team sends {first} reports a month, Works {second}.",),
        (
            "can the week's report go to our director by mail? She has no account.",
            "the report did not arrive on Monday. How do we set that up again?",
            "I want the report sent each week by itself. Is that possible?",
        ),
        (
            "that is done under Reports, Send on a day; only people who belong to the board can get it.",
            "open Reports and choose Send on a day. Whoever is to get the report has to belong to the board.",
            "Reports, Send on a day does it, for people of the board and nobody else.",
        ),
        ("{plan} sends {mine} reports a month.", "On {plan} it can be {mine} reports a month."),
        (8, 60),
    ),
    HelpTopic(
        ("Telephone", "Board on the phone", "No app?"),
        (
            "On a telephone the board opens in the browser; there is no app. Cards are moved with a long press.",
            "There is no app: open the board in the telephone's browser, and hold a card for a moment to move it.",
        ),
        ("Without a network it shows the last {first} hours on Team and the last {second} hours on Works.",),
        (
            "our drivers want the board on their phones, but we cannot find your app.",
            "on my phone the cards do not move when I drag them. Is that broken?",
            "does the board work in the cellar, where there is no network?",
        ),
        (
            "there is no app. Open the board in the telephone's browser, and hold a card for a moment to move it.",
            "on a telephone the board runs in the browser, and a long press moves a card.",
            "please use the browser of the telephone: a card moves after a long press, and no app is needed.",
        ),
        (
            "Without a network you see the last {mine} hours on {plan}.",
            "On {plan} the last {mine} hours are there without a network.",
        ),
        (4, 72),
    ),
    HelpTopic(
        ("Undo a change", "Who moved our cards?", "History"),
        (
            "Every change stands in the history: open a card and choose History; Take back undoes one change.",
            "Open a card, then History: it tells who changed what, and Take back undoes it.",
        ),
        ("The history reaches back {first} days on Team, {second} days on Works.",),
        (
            "somebody moved half of our cards last week. Can we see who it was?",
            "is there a way to undo what was changed on a card yesterday?",
            "a date on a card was changed and nobody will say who did it.",
        ),
        (
            "open the card and choose History: it shows who changed what, and Take back undoes a change.",
            "each card has a History with names; press Take back there to undo a change.",
            "you can see and undo it on the card itself, under History, with Take back.",
        ),
        ("On {plan} it reaches back {mine} days.", "{mine} days are kept on {plan}."),
        (14, 180),
    ),
    HelpTopic(
        ("Files on cards", "Drawing will not attach", "Upload fails"),
        (
            "Files are dropped on a card. Programs and archives are refused, drawings and pictures are taken.",
            "Drop a file on its card to keep it there: pictures and drawings are taken, archives and programs are not.",
        ),
        ("One file may have {first} megabytes on Team and {second} on Works.",),
        (
            "an archive with our drawings will not go on the card. What can we do?",
            "the upload of a picture stops half-way. Is it too large?",
            "how do we put files on a card?",
        ),
        (
            "drop the drawings or pictures on the card one by one; archives and programs are refused.",
            "a card takes pictures and drawings that are dropped on it, but no archives and no programs.",
            "please unpack an archive first, as only drawings and pictures can be dropped on a card.",
        ),
        ("On {plan} each may have {mine} megabytes.", "{plan} takes up to {mine} megabytes a file."),
        (5, 90),
    ),
    HelpTopic(
        ("Leaving", "How do we cancel?", "End of our plan"),
        (
            "A plan ends under Settings, Plan, End. What is paid runs on to the end of the month; then boards can only be read.",
            "Settings, Plan, End closes a plan at the end of the month. From then on boards are there to be read only.",
        ),
        ("They can be read for {first} weeks on Team and {second} weeks on Works.",),
        (
            "we want to cancel. What happens to our boards?",
            "how do I end our plan, and do we get our data?",
            "we are closing the site and no longer need the board. How do we leave?",
        ),
        (
            "choose Settings, Plan, End: the plan runs to the end of the month, and the boards can be read after that.",
            "the plan ends under Settings, Plan, End, at the end of the month. After that boards can only be read.",
            "please go to Settings, Plan, End. Until the month is over all stays, then you can still read your boards.",
        ),
        ("On {plan} you can read them for {mine} weeks.", "{plan} leaves you {mine} weeks to read them."),
        (3, 26),
    ),
    HelpTopic(
        ("Board is slow", "Takes ages to open", "Too many cards"),
        (
            "A board with many cards opens slowly. Archive done under the board's menu puts finished cards away; they can be "
            "found again.",
            "Finished cards slow a board down. The board's menu has Archive done, which puts them where search still finds them.",
        ),
        ("Best is to stay below {first} hundred cards on Team and {second} hundred on Works.",),
        (
            "our board takes half a minute to open. Is something wrong on your side?",
            "since last month all is so slow that people have gone back to paper.",
            "can we get rid of finished cards without losing them?",
        ),
        (
            "finished cards slow a board down: Archive done, in the board's menu, puts them away, and search still finds them.",
            "please use Archive done in the board's menu. Finished cards leave the board but can be found again.",
            "it helps to put finished cards away with Archive done, in the menu of the board; nothing is lost.",
        ),
        ("Below {mine} hundred cards {plan} stays quick.", "On {plan} it is best to stay below {mine} hundred cards."),
        (3, 30),
    ),
    HelpTopic(
        ("Calendar", "Dates in our calendar", "Calendar does not follow"),
        (
            "Dates go to a calendar under Board, Calendar, Copy address. The calendar reads them; it cannot change the board.",
            "Copy address under Board, Calendar gives a calendar the dates of a board, to read and not to change.",
        ),
        ("It is read anew every {first} minutes on Team and every {second} minutes on Works.",),
        (
            "I changed a date in my calendar and the board did not follow. Why?",
            "how do the dates of the board come into our calendar?",
            "our calendar shows yesterday's dates, the board has other ones.",
        ),
        (
            "under Board, Calendar, Copy address you get the dates for a calendar; it reads the board and cannot change it.",
            "a calendar only reads the board. Its address is under Board, Calendar, Copy address.",
            "please change dates on the board: the calendar, from Board, Calendar, Copy address, only reads them.",
        ),
        ("On {plan} it looks again every {mine} minutes.", "{plan} brings changes every {mine} minutes."),
        (5, 55),
    ),
)

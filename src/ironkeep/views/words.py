"""The words on the screens, each with one line that says what it means. A page that shows a word takes its line here.

A line is plain, says what the word rests on, and never says that a place or a part may be entered or worked on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word, its line, and the chapter of the glossary under which it stands."""

    word: str
    says: str
    chapter: str


_TEXT = {
    "Figures": """
state of charge|How full the battery is, as its own management counts it, in percent of what it holds now.
state of health|How much it still holds of what it held when new, as its own management estimates it.
power|What flows now; positive when the battery discharges, negative when it charges.
current|What flows now through the string; positive when it discharges.
voltage|Between the two poles of the string or bank, all cells together.
hottest cell|The highest temperature of any cell sensor that may be used; the place stands beside it.
spread|Highest minus lowest cell voltage inside one string. It grows when a cell falls behind.
insulation|Resistance between the battery's conductors and earth. A fall means a leak or damage.
cycles|How many full charges and discharges the management has counted.
age|How long ago the value was read. Past its limit the value reads "not known".
limits|The lowest and highest charge that the equipment's own settings allow, drawn as ticks on the bar.
how long|How long the load would run if the grid failed now. A dash until it is computed.
how full|Mean charge of the banks that back the load, by rated energy, from believed banks alone.
last hour|The hottest cell over the last hour, as far as this console saw it; the dot is the newest.
point|One thing that a device measures, counts or is set to.
value|What it reads now, with its unit; power and current are positive when the battery discharges.
name|What files and programs call the point. It leads to its trend.
source|Where in the device the point stands: its model or map, and its place there.
why not|Why a value is not known, or why it is shown with a question mark.
read before that|How long before the chosen moment the value was read.
""",
    "May I believe it": """
TRUSTED|Nothing speaks against what this asset says.
DEGRADED|Usable with a caveat, which stands beside it; for example a protocol that cannot prove who speaks.
VERIFY-LOCALLY|Something speaks against it: read it at the equipment before you rely on it.
UNTRUSTED|Left out of every figure that somebody may rely on.
not known|No believable value: not offered, not read, too old, disqualified. Why stands beside it or under the pointer.
not offered|The device has no such value.
witness|A sensor that is independent of the battery's management and sees the same thing another way.
inferred|A copy of another sensor: makers copy few thermistors into many cells. It is no witness of its own.
stale|Older than its limit.
frozen|Constant while something coupled to it moves.
degraded since commissioning|Known and accepted when the site was taken over; nothing new happened.
finding|Something a specialist should know and that asks no act of the operator. It stands in the security queue.
believed|May somebody rely on what this says? The word, and what speaks against it.
how sure|Exact: read or counted. Likely: concluded from several signs, each named.
found|The kind of thing that a detector saw.
about|The equipment that it concerns.
coverage|Which signals each bank offers, and which of them are read and usable now.
""",
    "Alarms": """
priority|1 is the most urgent: square 1, triangle 2, disc 3. Shape, digit and colour say the same.
unacknowledged|Nobody has said yet that they saw it.
acknowledged|A person has seen it; the condition still stands. This cannot be undone: it is what happened.
returned unacknowledged|The condition is gone, and nobody has said yet that they saw it.
latched|The condition is gone, and the alarm stays until a person resets it.
shelved|Put aside by a person for a time, with a reason. It comes back by itself, or by Bring back.
life safety|Never folded into a group, never acknowledged in bulk.
what is wrong|The alarms that stand, the most urgent priority first.
what, where|The alarm, and the equipment or place that it is at.
what to do|What the rule asks of a person, and within what time.
likely cause|What the rule was written for; nobody has looked yet.
value when raised|What was read when the alarm was raised; it does not move.
value now|What the same point reads now.
isolation points|Where a person separates the equipment, as the site file says; of their state it says nothing.
for, since|How long the alarm has stood, since when, and the fact that raised it.
primary annunciator|The system whose voice counts first, such as the fire panel. Where it is not us, we repeat it.
within|How soon a person should act.
if nothing is done|What follows when nobody acts in that time.
condition gone|When what raised the alarm was no longer so.
ATT&CK for ICS|The technique in MITRE's catalogue of attacks on industrial systems that looks like this.
alarm flood|More alarms in ten minutes than a person can take in; alarms of one rule then stand in one line.
""",
    "Incidents": """
case|Alarms that are one story, under one commander, open until a named person closes it.
commander|Who decides. The shift lead, until somebody takes command on the record.
next step|What the case asks for now.
T1|One sensor, or a cooling fault: stop charging, keep out, verify from afar.
T2|A rate of rise, spread to neighbours, or any off-gas: clear the room, no entry, alert the fire service.
T3|Gas with heat, smoke, or the fire panel: evacuate, call.
quiet|Every alarm of the case has returned. The case stays open until a person closes it.
because|The facts that led here, each with its proof.
class|One of seven kinds of case; the kind decides the next step.
opened|When the case began: with its first alarm.
could be|What this kind of case can come from. Nothing is ruled out until a person closes it with a cause.
fire service|Whom to call, as the site file says.
state|Where it stands in its course, from its beginning to its end.
open cases|Cases that no person has closed yet, worst first.
""",
    "Equipment": """
bank|Batteries that one converter uses as one: a cabinet or a container.
string|Modules in series, with a contactor of its own.
module|Some cells in one housing, with a board that reads them.
contactor|The switch of a string. Its read-back is no isolation: only a test at the equipment proves that.
open|Mirror contact open, voltage across the pole, and no current: all three. Anything less reads "unknown".
UPS|Feeds the load from battery while the grid is away.
NO RIDE-THROUGH|The UPS is on bypass: if the grid fails now, the load drops.
transfer switch|Chooses between utility and generator.
balancing|The management evens out the cells; a normal thing.
off-gas|Vapour from a cell that is failing. Gas without heat is an emergency all the same.
device|One thing that answers on the network, by its id in the site file.
link|Up: it answers. Otherwise the word says how it does not, and since when.
address|Where the device is asked.
says it is|Maker, model, version and serial number as the device itself tells them; nobody has checked.
authenticated|Does its protocol prove who speaks? Plain Modbus does not.
requests|Questions sent to the device since the engine started.
replies|Answers that came and that answered their question.
timeouts|Questions that got no answer in time.
exceptions|Answers in which the device said that it cannot.
refused|Answers thrown away because they did not answer the question.
last reply|How long ago the device last answered.
setting|A limit or a choice that is written into the device.
means|What the setting decides, and so what its change may break.
site|One place with one engine.
""",
    "The register": """
asset|One thing that the site file names: equipment, a part of it, a room, a service.
kind of asset|What sort of thing it is, from one module to the whole building.
where|The room, row or place, as a source says.
state in the register|Planned, active, spare, retired or disposed, as a source says; not whether it works.
said by|Which sources speak of it: declared, observed, imported.
answered|How many of the fields that it must have some source answers.
open gaps|What is missing or contradicts itself, the most urgent first.
mandatory fields|What must be known of each kind of asset; "unknown" is said, yet answers nothing.
kinds of gap|How many different things are missing or contradict each other, and how many of them are for this week.
unknown device|Seen in traffic or named in a list, and matching nothing in the site file.
rests on|The sources of which this register is made.
field|One thing that the register keeps of an asset; what it means is under the pointer.
counts|The value that all else goes by: the declared one, else the observed one, else the imported one.
declared|What the site file says.
observed|What equipment said of itself, or what was overheard.
imported|What a list, an export or a capture said that somebody took in; it can be taken back.
call|Whom to call about it, as a source says.
at the vendor|Whom to call at the firm that sells or services it.
feeds|What draws its power through this, by the site file.
fed by|What this draws its power through, by the site file.
needs|What it cannot work without: assets, services, vendors.
room|The air where it stands, held against what its papers allow, else the sheet of its chemistry.
part of|The larger thing that it belongs to.
addresses seen|Network addresses under which it was seen or listed.
what it is|Name, maker, hardware address and serial number, as far as a source says them.
seen in|The captures, leases, tables and lists that hold it.
speaks|The protocols that it was heard to speak.
spoke to|Declared assets that it asked; if it wrote to one, the line says so first.
last heard|When it was last heard, or when the file that names it was taken in.
source of battery data|Equipment whose readings somebody keeps.
vendor and cloud|Who else takes its readings, as declared or imported.
they keep|How long the others keep them, as declared or imported. Nobody measured it.
we keep|From when to when our own samples reach, measured on the record.
minutes kept|From when to when our own values by the minute reach, measured on the record.
plan|What comes after: a document or words that a source names.
not announced|The maker was asked, and has set no date.
said to be unknown|A source was asked, and does not know.
no source says|Nobody has said anything: a gap.
measured|What is read in the room, and how long ago.
may be|The range that the papers of the equipment allow, else the sheet of its chemistry.
limit said by|Which paper or sheet the range is from.
by which way|The way in: a network path, a program, a tool, a person at the equipment.
shown by|What shows that this way exists.
when seen|When the change was first read. It may have been made earlier.
reviewed|Who looked at the change and said so on the record.
done|Seen by Ironkeep, or put on the record by a person within the quarter.
not done|Something is missing, overdue or contradicted.
drawn from|What the answers rest on, and of which day.
form|The sort of file that it was read as.
records|Lines that say something of one thing each.
talks|Conversations in a capture or log: who asked whom, by which protocol.
taken|When it was taken into the register, by whom, and the fact that says so.
counts now|Does the register go by it now? A file that was taken back counts no more, and can be taken again.
mended|What was put right in reading the file, each time named.
left out|What the file holds and the register does not take, each time named.
speaks about|Assets of the site file that its lines match, and by what they match.
matches nothing declared|Lines about something that the site file does not name.
gaps fewer|Gaps that would close if this file were taken.
gaps more|Gaps that would open: what the file contradicts, or adds without answers.
place in the file|The line, entry or packet.
what the line says|Each field that the line answers.
asks|Who began the conversation.
answers|Who was asked, and at which port.
reads|Requests that read.
writes|Requests that write.
packets|How many packets the conversation had.
""",
    "People and programs": """
account|The name with which one person logs in.
role|What the person may do, by the table of who may do what.
last log-in|When somebody last logged in with this account.
sessions|In how many browsers the account is open now.
browsers|In how many browsers it was used within minutes: a sign that a password is shared.
session opened|When that browser logged in.
last use|When it was last used.
until|When it ends by itself.
asked|When the request was made.
asked about|What the request would change.
reason given|What the request says, in the words of whoever made it.
void at|When the request ends by itself, if no second person has acted.
yours to do|What you may do about it. Whoever asked cannot confirm.
program|A program that may use the interface, by the name that it was given.
token|The beginning of its token, to tell it from others. The whole was shown once and is kept nowhere.
answers for it|The person with whose account the program ends.
may|What the program may do, in the acts of the table of who may do what.
state of a token|In force, run out, revoked, or ended with the account that answers for it.
scenario|One thing that the demo's plant can be made to suffer. A real site has none.
shows|What happens to the plant, and what is to be concluded.
""",
    "Refused replies": """
transaction id|It carries the number of another request.
protocol id|It is no Modbus at all.
unit id|Another unit answered than was asked.
function code|It answers another kind of request.
byte count|It holds more or less than was asked for.
length field|Its length and what came do not agree.
late|It came after its time was over.
duplicate|It came a second time.
unasked|It came though nothing had been asked.
malformed line|The line breaks the rules of its protocol.
line too long|The line is longer than any true answer.
list too long|The list has more entries than any true one.
answer to something else|It answers another question.
variable twice|One list names a variable twice.
""",
    "The record": """
fact|Something that happened, written once and never changed. Its number opens its proof.
proof|Shows that the fact is in the record under the signed checkpoint; anybody can check it without us.
checkpoint|The signed size and root of the record. A copy kept elsewhere proves later that nothing was changed.
passport|The settings of a device as they were read or approved, so that a change shows.
NOT APPROVED|The settings were read, and nobody has said yet that they are as they should be.
demo plant|A twin, not a real site.
recorded|Values from a recording that is played again. Nothing here is live.
past|The state as the facts tell it at a chosen moment. Nothing here is live.
read-only|Ironkeep reads this plant and has no way to write to it.
live|Fresh values flow. The age is that of the newest turn.
turn|One beat of the engine: read, judge, decide, write down. Once a second.
turn time|How long a beat takes: the middle one (p50) and the slowest of a hundred (p99).
devices up|How many devices answer, of those that the site file declares.
points|How many values are judged in each turn.
facts|How many facts the record holds.
clock|Is this machine's clock compared with another one? Ages and times rest on it.
logged|When the fact was written down, by this machine's clock.
kind|What sort of fact it is; a click on several in one line shows them one by one.
by|Who did it: a person, a program, or the part of the engine that concluded it.
says|What the fact holds, the telling first; all of it stands on its page.
leaf hash|The fingerprint of the fact's bytes, from which its proof starts.
digest|A short fingerprint: two that differ were made from different content.
""",
}

WORDS: tuple[Word, ...] = tuple(
    Word(line.partition("|")[0], line.partition("|")[2], chapter)
    for chapter, text in _TEXT.items()
    for line in text.strip().splitlines()
)
_BY_WORD = {each.word.lower(): each for each in WORDS}
CHAPTERS: tuple[str, ...] = tuple(_TEXT)


def says(word: str) -> str:
    """The line of a word. Raises KeyError for one that has none, so that a page cannot show a word without a line."""
    return _BY_WORD[word.lower()].says

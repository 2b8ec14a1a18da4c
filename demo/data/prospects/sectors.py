"""Business of the demo's fictional companies, and what troubles them, by sector.

Tables only: how a record is drawn from them is settled in `prospects`. `{place}` and the numbers are filled there.
A trigger is a verb in the past tense, a pain a noun phrase, so that both read well inside a sentence.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sector:
    """One line of business: words for company names, and phrases for the facts of a record."""

    name: str
    name_words: tuple[str, ...]
    products: tuple[str, ...]
    triggers: tuple[str, ...]
    pains: tuple[str, ...]
    tool: str


SECTORS = (
    Sector(
        "cold chain logistics",
        ("Cold Chain", "Chill", "Cold Stores"),
        ("chilled storage and transport", "frozen food storage", "cooled parcel delivery"),
        ("opened a cold store in {place}", "added {n} cooled trailers to the fleet"),
        ("late stock counts", "dock slots that clash", "empty return trips"),
        "a dock sheet on paper",
    ),
    Sector(
        "road freight",
        ("Freight", "Haulage", "Lines"),
        ("pallet transport", "part-load freight", "night freight for retailers"),
        ("opened a depot in {place}", "bought {n} electric trucks"),
        ("drivers waiting at the gate", "routes that change after loading", "missed delivery windows"),
        "a dispatch board and phone calls",
    ),
    Sector(
        "bakery production",
        ("Bakeries", "Bread", "Mill & Oven"),
        ("frozen bread and rolls", "cakes for hotels", "gluten-free bread"),
        ("started a night shift at the bakery in {place}", "took over a bakery with {few} ovens"),
        ("ovens that stand idle between batches", "waste from wrong batch sizes", "last-minute order changes"),
        "batch cards on paper",
    ),
    Sector(
        "furniture making",
        ("Furniture", "Joinery", "Woodworks"),
        ("office desks and shelves", "oak tables", "fitted kitchens"),
        ("moved the paint shop to {place}", "won an order for {many} hotel rooms"),
        ("parts missing at assembly", "long gaps between sawing and painting", "delivery dates moved by phone"),
        "job folders on paper",
    ),
    Sector(
        "dental laboratories",
        ("Dental", "Dental Works", "Labs"),
        ("crowns and bridges", "clear aligners", "implant parts"),
        ("opened a milling room in {place}", "took on {n} new dental practices"),
        ("cases that wait for a scan", "rush jobs that push others back", "courier runs booked too late"),
        "case slips in plastic trays",
    ),
    Sector(
        "facility cleaning",
        ("Cleaning", "Facility Care", "Services"),
        ("office cleaning", "school and hospital cleaning", "window and facade cleaning"),
        ("won the cleaning of {n} schools near {place}", "took over a cleaning firm in {place}"),
        ("sick calls that leave a building uncovered", "double-booked crews", "hours that do not match the contract"),
        "text messages and a rota sheet",
    ),
    Sector(
        "wind farm maintenance",
        ("Wind", "Turbine Care", "Energy Services"),
        ("turbine inspection and repair", "blade repair", "offshore service crews"),
        ("won the service of {n} turbines off {place}", "opened a service harbour in {place}"),
        ("crews sent out in bad weather", "spare parts in the wrong harbour", "inspection lists that get lost"),
        "a crew calendar in e-mail",
    ),
    Sector(
        "craft brewing",
        ("Brewing", "Brewery", "Ales"),
        ("small-batch beer", "alcohol-free beer", "cider and pale ale"),
        ("opened a taproom in {place}", "put in {n} new tanks"),
        ("tanks blocked by slow batches", "kegs that nobody can trace", "bottling days with too few hands"),
        "a tank plan on the wall",
    ),
    Sector(
        "printing and packaging",
        ("Print", "Packaging", "Press"),
        ("folding cartons", "labels for food jars", "short-run book printing"),
        ("moved the press hall to {place}", "bought a press with {few} colour units"),
        ("presses waiting for plates", "reprints after a missed proof", "rush jobs that break the day plan"),
        "job bags and a wall board",
    ),
    Sector(
        "private clinics",
        ("Clinics", "Health", "Care"),
        ("eye surgery", "physiotherapy and rehab", "day surgery"),
        ("opened a day clinic in {place}", "added {few} treatment rooms"),
        ("rooms that stand empty between patients", "rotas rewritten by hand", "late cancellations"),
        "a rota in a shared document",
    ),
    Sector(
        "greenhouse growing",
        ("Growers", "Greenhouses", "Gardens"),
        ("tomatoes and peppers", "cut herbs", "potted plants"),
        ("built {few} new glasshouses near {place}", "opened a packing hall in {place}"),
        ("pickers sent to the wrong house", "harvest figures that come a day late", "trucks that leave half full"),
        "harvest slips and a notebook",
    ),
    Sector(
        "machine building",
        ("Machines", "Engineering", "Technik"),
        ("packing machines", "conveyor systems", "welding cells"),
        ("shipped the first of {n} machines to {place}", "opened an assembly hall in {place}"),
        ("assembly stops for one missing part", "engineers booked on two jobs", "test dates that slip"),
        "project plans in many files",
    ),
    Sector(
        "building services",
        ("Plumbing", "Heating", "Installations"),
        ("heat pumps and boilers", "plumbing for new homes", "air handling for offices"),
        ("won the heating of {many} homes near {place}", "opened a workshop in {place}"),
        (
            "fitters who drive twice for one job",
            "parts ordered to the wrong site",
            "job reports that arrive days later",
        ),
        "job sheets in the van",
    ),
    Sector(
        "seafood processing",
        ("Seafood", "Fisheries", "Fish"),
        ("smoked salmon", "frozen cod fillets", "shellfish for restaurants"),
        ("opened a smokehouse in {place}", "put in a filleting line for {n} fish a minute"),
        (
            "landings that do not match the shift plan",
            "overtime after late boats",
            "cold rooms filled past their limit",
        ),
        "radio calls and a shift list",
    ),
    Sector(
        "event catering",
        ("Catering", "Kitchens", "Banquets"),
        ("wedding and company catering", "festival food stands", "school lunches"),
        ("took on the canteen of {n} offices in {place}", "opened a central kitchen in {place}"),
        ("staff lists that change on the day", "vans loaded in the wrong order", "menus sent in old versions"),
        "printed run sheets",
    ),
    Sector(
        "textile care",
        ("Laundry", "Linen", "Textile Care"),
        ("hotel linen rental", "workwear cleaning", "hospital laundry"),
        ("won the linen of {n} hotels in {place}", "opened a wash plant in {place}"),
        ("carts that go to the wrong hotel", "linen counts that never agree", "wash lines stopped by late trucks"),
        "count sheets and stickers",
    ),
    Sector(
        "bicycle retail",
        ("Cycles", "Bikes", "Wheels"),
        ("city bikes and repairs", "cargo bikes", "leased company bikes"),
        ("opened a bike shop in {place}", "leased {n} cargo bikes to a city fleet"),
        ("repairs promised without a free stand", "stock split over too many shops", "spring queues at the workshop"),
        "a repair diary on the counter",
    ),
    Sector(
        "language schools",
        ("Languages", "Language School", "Academy"),
        ("evening language courses", "company language training", "exam courses"),
        ("opened classrooms in {place}", "took on {n} company courses"),
        ("rooms booked by two teachers", "courses moved at short notice", "attendance lists that come too late"),
        "a timetable in a shared sheet",
    ),
    Sector(
        "metal recycling",
        ("Recycling", "Metals", "Recovery"),
        ("scrap sorting", "copper and cable recycling", "aluminium recovery"),
        ("opened a yard in {place}", "put in a shredder for {n} tonnes a day"),
        ("bins collected before they are full", "yard stock known only by one person", "weigh slips typed in again"),
        "weigh slips in a box",
    ),
    Sector(
        "home care",
        ("Home Care", "Care Visits", "Nursing"),
        ("home nursing", "help for older people", "night care visits"),
        ("took over {n} care rounds in {place}", "opened an office in {place}"),
        ("visit lists that change overnight", "carers with too long a drive", "visits recorded days later"),
        "visit lists on paper",
    ),
    Sector(
        "equipment rental",
        ("Rental", "Plant Hire", "Hire"),
        ("lifts and diggers for rent", "tents and stages", "generators and pumps"),
        ("bought {n} electric lifts", "opened a rental yard in {place}"),
        ("machines promised to two sites", "returns that nobody checks in", "service dates that pass unseen"),
        "a booking book and phone calls",
    ),
    Sector(
        "software services",
        ("Software", "Systems", "Data"),
        ("booking software for ferries", "payroll software", "web shops for makers"),
        ("opened a support desk in {place}", "moved {many} customers to a new release"),
        ("support duties planned by chat", "teams that wait for each other", "status reports nobody reads"),
        "tickets and a chat channel",
    ),
    Sector(
        "property management",
        ("Property", "Estates", "Homes"),
        ("flats for rent", "office buildings", "student housing"),
        ("took over {many} flats in {place}", "opened a service desk in {place}"),
        ("repairs reported twice", "inspections without a date", "contractors who wait for keys"),
        "a mailbox and a list of keys",
    ),
    Sector(
        "electronics assembly",
        ("Electronics", "Circuits", "Boards"),
        ("circuit board assembly", "sensor modules", "cable sets"),
        ("put in a line for {many} boards an hour", "moved final assembly to {place}"),
        ("lines that wait for one reel", "small orders that break the plan", "test benches booked twice"),
        "an order list printed each morning",
    ),
    Sector(
        "ferry and boat travel",
        ("Ferries", "Boats", "Sea Lines"),
        ("island ferries", "harbour tours", "charter boats"),
        ("added a route from {place}", "bought a ferry for {many} passengers"),
        ("crews changed the night before", "full boats next to empty ones", "maintenance days that clash with trips"),
        "a crew list in e-mail",
    ),
    Sector(
        "museum and exhibition services",
        ("Exhibits", "Displays", "Museum Works"),
        ("travelling exhibitions", "display cases", "exhibition lighting"),
        ("built a show with {n} cases in {place}", "opened a store for exhibits in {place}"),
        ("crates that arrive before the crew", "loan lists in old versions", "build days without a clear plan"),
        "crate lists on paper",
    ),
)
